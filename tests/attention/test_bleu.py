"""BLEU as the lesson has it is sacrebleu's number for number, and what Papineni et al. computed by hand."""

import math
import random

import pytest
import sacrebleu

from dlsuite.attention import bleu

CANDIDATE = "the the the the the the the"
REFERENCES = ["The cat is on the mat", "There is a cat on the mat"]


def of_sacrebleu(hypotheses, references, lowercase=False, smooth=True):
    """sacrebleu's own, which takes the references one document each."""
    metric = sacrebleu.metrics.BLEU(lowercase=lowercase, smooth_method="exp" if smooth else "none", force=True)
    most = max(map(len, references))
    documents = [[of_it[k] if k < len(of_it) else None for of_it in references] for k in range(most)]
    return metric.corpus_score(hypotheses, documents)


def assert_equal(hypotheses, references, **options):
    ours, theirs = bleu.bleu(hypotheses, references, **options), of_sacrebleu(hypotheses, references, **options)
    assert ours.bleu == pytest.approx(theirs.score, abs=1e-9)
    assert [100 * p for p in ours.precisions] == pytest.approx(theirs.precisions, abs=1e-9)
    assert list(ours.matched) == theirs.counts
    assert list(ours.total) == theirs.totals
    assert ours.brevity_penalty == pytest.approx(theirs.bp, abs=1e-12)
    assert (ours.hypothesis_length, ours.reference_length) == (theirs.sys_len, theirs.ref_len)
    return ours


def some_sentence(rng, longest=14):
    words = ["the", "The", "cat", "is", "on", "a", "mat", "don't", "3.50", "(or", "so)", "U.S.", "naïve,", "?", "x-ray"]
    return " ".join(rng.choices(words, k=rng.randint(0, longest)))


@pytest.mark.parametrize("smooth", [True, False], ids=["smoothed", "plain"])
@pytest.mark.parametrize("lowercase", [True, False], ids=["lowercase", "cased"])
def test_random_corpora_score_as_in_sacrebleu(lowercase, smooth):
    rng = random.Random(f"{lowercase} {smooth}")
    scores = []
    for _ in range(60):
        n = rng.randint(1, 5)
        hypotheses = [some_sentence(rng) for _ in range(n)]
        references = [[some_sentence(rng) for _ in range(rng.randint(1, 4))] for _ in range(n)]
        scores.append(assert_equal(hypotheses, references, lowercase=lowercase, smooth=smooth).bleu)
    assert max(scores) > 5  # the corpora are not all beyond comparison
    assert min(scores) == 0


@pytest.mark.parametrize(
    ("hypothesis", "references", "expected"),
    [
        ("", ["the cat"], 0.0),
        ("", [""], 0.0),
        ("the cat", [""], 0.0),
        ("the cat sat", ["the cat sat"], 0.0),  # shorter than 4 words: p_4 is undefined
        ("the cat sat there", ["the cat sat there"], 100.0),
        ("one two three four", ["five six seven eight"], 0.0),
        (" the  cat\tsat there \n", ["the cat sat there"], 100.0),
        ("the cat sat there", ["there", "the cat sat there", "sat"], 100.0),
        ("a b c d", ["a b c x", "x b c d"], None),
        ("🐈 猫 кот", ["🐈 猫 кот"], 0.0),
        ("🐈 猫 кот 🐈", ["🐈 猫 кот 🐈"], 100.0),
    ],
    ids=repr,
)
def test_odd_sentences_score_as_in_sacrebleu(hypothesis, references, expected):
    score = assert_equal([hypothesis], [references]).bleu
    if expected is not None:
        assert score == pytest.approx(expected)


def test_the_papers_first_example():
    """Papineni et al., Section 2.1: 7/7 by plain precision, 2/7 modified. Their text has no capitals."""
    score = assert_equal([CANDIDATE], [REFERENCES], lowercase=True)
    assert (score.matched[0], score.total[0]) == (2, 7)
    assert score.matched[1] == 0


def test_the_papers_second_example():
    """Section 2.1 and 2.1.1: unigrams 17/18 and 8/14, bigrams 10/17 and 1/13 of candidates 1 and 2."""
    references = [
        "It is a guide to action that ensures that the military will forever heed Party commands",
        "It is the guiding principle which guarantees the military forces always being under the command of the Party",
        "It is the practical guide for the army always to heed the directions of the party",
    ]
    first = "It is a guide to action which ensures that the military always obeys the commands of the party"
    second = "It is to insure the troops forever hearing the activity guidebook that party direct"
    counted = [assert_equal([text], [references], lowercase=True) for text in (first, second)]
    assert [(score.matched[:2], score.total[:2]) for score in counted] == [((17, 10), (18, 17)), ((8, 1), (14, 13))]


def test_the_nearest_reference_length_and_the_shorter_of_two():
    words = ["w"] * 10
    assert bleu.nearest_length(10, [words[:8], words + words[:1]]) == 11
    assert bleu.nearest_length(10, [words + words[:1], words[:9]]) == 9
    assert bleu.nearest_length(9, [[], words]) == 10


def test_the_penalty_is_that_of_the_formula():
    assert bleu.brevity_penalty(12, 12) == bleu.brevity_penalty(13, 12) == 1
    assert bleu.brevity_penalty(9, 12) == pytest.approx(math.exp(1 - 12 / 9))
    assert bleu.brevity_penalty(0, 12) == 0


def test_each_order_without_a_match_is_halved_once_more():
    score = assert_equal(["a x b y c z"], [["a b c d e f"]])
    assert score.precisions == pytest.approx((3 / 6, 1 / (2 * 5), 1 / (4 * 4), 1 / (8 * 3)))
    assert bleu.bleu(["a x b y c z"], [["a b c d e f"]], smooth=False).bleu == 0


def test_a_corpus_is_no_mean_of_its_sentences():
    hypotheses, references = ["a b c d e f g h", "a x y z"], [["a b c d e f g h"], ["a b c d"]]
    each = [bleu.bleu([one], [other]).bleu for one, other in zip(hypotheses, references, strict=True)]
    assert abs(assert_equal(hypotheses, references).bleu - sum(each) / 2) > 5


def test_matches_are_as_many_as_are_clipped_and_the_first_of_equals():
    words, references = CANDIDATE.split(), [text.lower().split() for text in REFERENCES]
    assert bleu.matches(words, references, 1) == [True, True, False, False, False, False, False]
    rng = random.Random(0)
    for _ in range(50):
        words, *references = (bleu.tokenize(some_sentence(rng)) for _ in range(3))
        for n in bleu.ORDERS:
            found = bleu.matches(words, references, n)
            assert len(found) == max(0, len(words) - n + 1)
            assert sum(found) == bleu.clipped(words, references, n).total()


def test_what_is_reported_is_sacrebleus_with_its_signature():
    hypotheses, references = ["The cat sat there.", "a b c d e"], [["the cat sat there ."], ["a b c d", "a b x d e"]]
    for lowercase, case in ((True, "lc"), (False, "mixed")):
        score, signature = bleu.reported(hypotheses, references, lowercase=lowercase)
        assert score == of_sacrebleu(hypotheses, references, lowercase).score
        assert score == pytest.approx(bleu.bleu(hypotheses, references, lowercase=lowercase).bleu)
        assert signature.endswith(f"case:{case}|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}")


@pytest.mark.parametrize("function", [bleu.bleu, bleu.reported])
def test_lists_that_do_not_fit_are_named(function):
    with pytest.raises(ValueError, match="references: there are 1 lists for 2 hypotheses"):
        function(["a", "b"], [["a"]])
    with pytest.raises(ValueError, match="hypotheses: at least one"):
        function([], [])
    with pytest.raises(ValueError, match=r"references: sentence 2 has \[\], and a list of one text or more"):
        function(["a", "b"], [["a"], []])
    with pytest.raises(ValueError, match="references: sentence 1 has 'a'"):
        function(["a"], ["a"])


@pytest.mark.parametrize(
    ("tokenizer", "texts"),
    [
        ("zh", ["我喜欢吃苹果", "今天天气很好", "他是我的朋友"]),
        ("zh", ["我用 TensorFlow 训练模型。"]),
        ("char", ["今日は天気がいいです", "東京都に行きます。"]),
        ("char", ["สวัสดีครับคุณ", "วันนี้อากาศดี"]),
        ("char", ["ຂ້ອຍຮັກເຈົ້າ", "ខ្ញុំស្រឡាញ់អ្នក", "ငါမင်းကိုချစ်တယ်"]),
        ("13a", ["나는 학생 입니다 네", "The word 猫 means a cat", "मैं घर जा रहा हूँ", "أنا ذاهب إلى البيت"]),
    ],
)
def test_a_perfect_translation_into_any_script_is_perfect(tokenizer, texts):
    references = [[text] for text in texts]
    score, signature = bleu.reported(texts, references)
    assert bleu.tokenizer_for(references) == tokenizer and f"tok:{tokenizer}|" in signature
    assert score == pytest.approx(100)
    assert bleu.bleu(texts, references).bleu == pytest.approx(100)


def test_in_scripts_without_spaces_we_and_sacrebleu_agree():
    hypotheses, references = ["我喜欢吃红苹果", "今天天气 OK"], [["我喜欢吃苹果", "我爱吃苹果"], ["今天天气很好"]]
    for other in ("", "です"):
        references = [[text + other for text in of_it] for of_it in references]
        score, _ = bleu.reported(hypotheses, references)
        assert 0 < score < 100
        assert bleu.bleu(hypotheses, references).bleu == pytest.approx(score)
