"""Aligned sentences: what is read out of folders and tables, and a sentence with file and line for what is wrong."""

import os
import unicodedata

import pytest

from dlsuite.data import dates, names, text_pairs

MULTI30K = os.environ.get("MULTI30K_DIR", "")


@pytest.fixture
def folder(tmp_path):
    """Two languages in three splits, and a third language that has no test sentences."""
    for split, n in {"train": 50, "validation": 6, "test": 5}.items():
        for language in ("en", "de", "fr")[: 2 if split == "test" else 3]:
            lines = [f"{language} {split} {index}\n" for index in range(n)]
            (tmp_path / f"{language}.{split}.txt").write_text("".join(lines), "utf-8")
    return tmp_path


def write_table(path, n, header="de\ten\n"):
    path.write_text(header + "".join(f"Satz {index}\tsentence {index}\n" for index in range(n)), "utf-8")
    return str(path)


def test_a_folder_is_read_in_either_direction(folder):
    assert text_pairs.languages(str(folder)) == ["de", "en", "fr"]
    sources, targets = text_pairs.pairs(str(folder), "validation", "de", "en")
    assert sources == [f"de validation {index}" for index in range(6)]
    assert targets == [f"en validation {index}" for index in range(6)]
    assert text_pairs.pairs(str(folder), "validation", "en", "de") == (targets, sources)
    assert len(text_pairs.pairs(str(folder), "train", "de", "fr")[0]) == 50


def test_a_split_without_a_file_is_a_tenth_of_the_training_sentences(tmp_path):
    for language in ("en", "de"):
        (tmp_path / f"{language}.train.txt").write_text("".join(f"{language} {n}\n" for n in range(2000)))
        (tmp_path / f"{language}.test.txt").write_text(f"{language} test\n")
    train, validation, test = [
        list(zip(*text_pairs.pairs(str(tmp_path), split, "de", "en"), strict=True))
        for split in ("train", "validation", "test")
    ]
    assert test == [("de test", "en test")]
    assert not set(train) & set(validation)
    assert {*train, *validation} == {(f"de {n}", f"en {n}") for n in range(2000)}
    assert 160 < len(validation) < 240


@pytest.mark.parametrize("header", ["de\ten\n", ""], ids=["header", "none"])
def test_a_table_is_parted_by_a_fixed_rule(tmp_path, header):
    table = write_table(tmp_path / "pairs.tsv", 2000, header)
    parts = [text_pairs.pairs(table, split, "de", "en") for split in ("train", "validation", "test")]
    sources = [set(sources) for sources, _ in parts]
    assert set.union(*sources) == {f"Satz {n}" for n in range(2000)}
    assert sum(map(len, sources)) == 2000
    assert all(160 < len(part) < 240 for part in sources[1:])
    assert all(
        source.replace("Satz", "sentence") == target for part in parts for source, target in zip(*part, strict=True)
    )
    shorter = write_table(tmp_path / "shorter.tsv", 1000, header)  # more lines move no other
    assert set(text_pairs.pairs(shorter, "test", "de", "en")[0]) == sources[2] & {f"Satz {n}" for n in range(1000)}


def test_copies_of_a_source_are_in_one_split(tmp_path):
    table = tmp_path / "pairs.tsv"
    table.write_text("en\tde\n" + "".join(f"Go {n}.\tGeh {n}.\nGo {n}.\tLos {n}!\n" for n in range(200)), "utf-8")
    sources = [set(text_pairs.pairs(str(table), split, "en", "de")[0]) for split in ("train", "validation", "test")]
    assert all(sources)
    assert not sources[0] & sources[1] and not sources[0] & sources[2] and not sources[1] & sources[2]


def test_the_columns_of_a_table_go_by_their_header(tmp_path):
    table = tmp_path / "pairs.tsv"
    table.write_text("en\tpt_BR\tde\n" + "".join(f"e{n}\tp{n}\td{n}\n" for n in range(100)))
    sources, targets = text_pairs.pairs(str(table), "train", "de", "pt_BR")
    assert text_pairs.languages(str(table)) == ["de", "en", "pt_BR"]
    assert {source[0] for source in sources} == {"d"} and [target[1:] for target in targets] == [s[1:] for s in sources]


def all_of(table, *languages):
    """What there is in all three splits."""
    return {text for split in ("train", "validation", "test") for text in text_pairs.pairs(table, split, *languages)[0]}


@pytest.mark.parametrize(
    "header",
    [
        "DE\tEN",
        "German\tEnglish",
        "Deutsch\tEnglisch",
        "allemand\tanglais",
        "deu\teng",
        "deutsch\tEnglish",
        "de_AT\ten",
    ],
)
def test_a_header_names_languages_by_code_or_name(tmp_path, header):
    table = write_table(tmp_path / "pairs.tsv", 200, header + "\n")
    first, second = header.split("\t")
    assert text_pairs.languages(table) == sorted([first, second])
    texts = all_of(table)
    assert texts == {f"Satz {n}" for n in range(200)} == all_of(table, first, second)
    assert all_of(table, second.swapcase(), first.swapcase()) == {f"sentence {n}" for n in range(200)}
    if "_" not in header:
        assert all_of(table, "de", "en") == all_of(table, "German", "English") == texts
        assert all_of(table, "EN", "Deutsch") == {f"sentence {n}" for n in range(200)}
    with pytest.raises(ValueError, match=f"source_language='fr': .* is in .*{first}"):
        text_pairs.pairs(table, "train", "fr", "en")


@pytest.mark.parametrize(
    "first", ["go\tva", "Go\tVa", "Hello\tBonjour", "German\tDeutsch", "English 1\tFrench 1", "de\tde"]
)
def test_a_sentence_is_no_header(tmp_path, first):
    table = write_table(tmp_path / "pairs.tsv", 200, first + "\n")
    assert first.split("\t")[0] in all_of(table, "de", "en") == all_of(table)
    assert text_pairs.languages(table) == []


@pytest.mark.parametrize("header", ["source\ttarget", "Source\tTarget", "SRC\tTGT", "target\tsource"])
def test_a_header_may_say_which_is_the_source(tmp_path, header):
    table = write_table(tmp_path / "pairs.tsv", 200, header + "\n")
    is_swapped = header.startswith("target")
    assert all_of(table, "de", "en") == {f"{'sentence' if is_swapped else 'Satz'} {n}" for n in range(200)}
    assert text_pairs.languages(table) == []


def test_a_header_may_have_whatever_is_asked_for(tmp_path):
    table = tmp_path / "pairs.tsv"
    table.write_text("number\txx\tyy\n" + "".join(f"{n}\tx{n}\ty{n}\n" for n in range(100)))
    assert all_of(str(table), "yy", "xx") == {f"y{n}" for n in range(100)}


def test_letters_and_marks_are_composed(folder, tmp_path):
    (folder / "de.test.txt").write_text(unicodedata.normalize("NFD", "über\nschön\nä\nö\nü\n"), "utf-8")
    assert text_pairs.pairs(str(folder), "test", "de", "en")[0] == ["über", "schön", "ä", "ö", "ü"]


def test_languages_of_files_are_known_by_name_and_hidden_files_are_none(folder):
    (folder / "._de.train.txt").write_bytes(b"\0\5\x16\7")
    assert text_pairs.languages(str(folder)) == ["de", "en", "fr"]
    assert text_pairs.pairs(str(folder), "test", "German", "EN") == text_pairs.pairs(str(folder), "test", "de", "en")


def test_marks_carriage_returns_and_separators_of_unicode_shift_nothing(folder):
    (folder / "de.test.txt").write_bytes("\ufeffeins\r\nzwei\u2028zwei\r\ndrei\x85\r\n vier\t\r\nfünf".encode())
    sources, targets = text_pairs.pairs(str(folder), "test", "de", "en")
    assert sources == ["eins", "zwei\u2028zwei", "drei", "vier", "fünf"]
    assert len(targets) == 5


def test_a_draw_is_a_function_of_its_seed(folder):
    sources, targets = text_pairs.pairs(str(folder), "train", "de", "en", n=10, seed=1)
    assert [source[2:] for source in sources] == [target[2:] for target in targets]
    assert len(set(sources)) == 10
    assert (sources, targets) == text_pairs.pairs(str(folder), "train", "de", "en", n=10, seed=1)
    assert sources != text_pairs.pairs(str(folder), "train", "de", "en", n=10, seed=2)[0]
    assert len(text_pairs.pairs(str(folder), "test", "de", "en", n=10)[0]) == 5
    with pytest.raises(ValueError, match="n=0: it must be at least 1"):
        text_pairs.pairs(str(folder), "test", "de", "en", n=0)


def test_dates_are_a_dataset_of_pairs():
    assert text_pairs.pairs("dates", "unseen_formats", n=20, seed=5) == dates.pairs("unseen_formats", 20, 5)
    assert text_pairs.languages("dates") == []


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("de.test.txt", b"a\nb\nc\n", r"en\.test\.txt, line 4: it has 5 lines, but de\.test\.txt only 3"),
        ("de.test.txt", b"a\n" * 7, r"de\.test\.txt, line 6: it has 7 lines, but en\.test\.txt only 5"),
        ("de.test.txt", b"a\nb\n\xfcber\nd\ne\n", r"de\.test\.txt, line 3, byte 1: 0xfc is not UTF-8 there"),
        ("en.test.txt", b"a\nb\nc\nd\nna\xefve\n", r"en\.test\.txt, line 5, byte 3: 0xef is not UTF-8 there"),
        ("en.test.txt", "a\nb\n".encode("utf-16"), r"en\.test\.txt, line 1, byte 1: 0xff is not UTF-8 there"),
        ("de.test.txt", b"a\n\nc\nd\ne\n", r"de\.test\.txt, line 2: it is empty"),
        ("en.test.txt", b"a\nb\nc\n \t\r\ne\n", r"en\.test\.txt, line 4: it is empty"),
        ("en.test.txt", b"", r"de\.test\.txt, line 1: it has 5 lines, but en\.test\.txt only 0"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(folder, file, content, said):
    (folder / file).write_bytes(content)
    with pytest.raises(ValueError, match=said):
        text_pairs.pairs(str(folder), "test", "de", "en")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "a\tb\nc\n",
            r"pairs\.tsv, line 2: it has 1 column, but 2 are needed, or a first line with the language codes",
        ),
        ("de\ten\na\tb\nc\td\te\n", r"pairs\.tsv, line 3: it has 3 columns, but 2 are needed$"),
        ("de\ten\na\tb\n\nc\td\n", r"pairs\.tsv, line 3: it is empty"),
        ("de\ten\na\t \n", r"pairs\.tsv, line 2: its column 2 is empty"),
        ("a\tb\n\tc\n", r"pairs\.tsv, line 2: its column 1 is empty"),
        ("", r"it has too few sentences: none is in the split 'train'"),
    ],
)
def test_a_wrong_table_is_named_with_its_line(tmp_path, content, said):
    (tmp_path / "pairs.tsv").write_text(content)
    with pytest.raises(ValueError, match=said):
        text_pairs.pairs(str(tmp_path / "pairs.tsv"), "train", "de", "en")


def test_a_missing_language_is_told_which_there_are(folder, tmp_path):
    with pytest.raises(ValueError, match=r"source_language='it': the train split in .* is in de, en, fr, not in it"):
        text_pairs.pairs(str(folder), "train", "it", "en")
    with pytest.raises(ValueError, match=r"target_language=None: the train split in .* is in de, en, fr, not in None"):
        text_pairs.pairs(str(folder), "train", "de")
    with pytest.raises(ValueError, match=r"target_language='fr': the test split in .* is in de, en, not in fr"):
        text_pairs.pairs(str(folder), "test", "de", "fr")
    with pytest.raises(ValueError, match="target_language='de': this is already the source language"):
        text_pairs.pairs(str(folder), "train", "de", "de")
    with pytest.raises(ValueError, match=r"source_language='fr': .*pairs\.tsv is in de, en, not in fr"):
        text_pairs.pairs(write_table(tmp_path / "pairs.tsv", 20), "train", "fr", "en")


def test_a_missing_dataset_or_split(folder, tmp_path):
    with pytest.raises(ValueError, match="there is no such folder or file"):
        text_pairs.pairs(str(tmp_path / "nowhere"), "train", "de", "en")
    with pytest.raises(ValueError, match=r"split='unseen_formats': it must be one of train, validation, test"):
        text_pairs.pairs(str(folder), "unseen_formats", "de", "en")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"it has no training data, such as de\.train\.txt and en\.train\.txt"):
        text_pairs.pairs(str(tmp_path / "empty"), "train", "de", "en")


def test_paths_of_pairs_are_known_by_what_is_in_them(folder, tmp_path):
    assert [names.kind(path) for path in (str(folder), "./pairs.TSV", "dates")] == ["pairs"] * 3
    (tmp_path / "pictures").mkdir()
    assert names.kind(str(tmp_path / "pictures")) == "images"
    assert "test sentences" in names.held_out(str(folder))["bundled"]
    assert f"{len(dates.days('test')):,} test days" in names.held_out("dates")["bundled"]
    assert names.count("dates", "bundled") is None


@pytest.mark.skipif(not MULTI30K, reason="MULTI30K_DIR names no folder of Multi30k")
def test_multi30k_is_read_whole():
    for split, n in {"train": 29_000, "validation": 1014, "test": 1000}.items():
        sources, targets = text_pairs.pairs(MULTI30K, split, "de", "en")
        assert (len(sources), len(targets)) == (n, n)
    assert sources[0] == "Ein Mann mit einem orangefarbenen Hut, der etwas anstarrt."
