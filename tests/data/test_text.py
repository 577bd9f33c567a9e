"""Text as words and numbers: what a word is, what a document is, what is held out, and a sentence for what is wrong."""

import importlib.metadata
import sys
import unicodedata

import numpy as np
import pytest

from dlsuite.data import names, sources, text


@pytest.fixture(scope="module")
def docstrings(tmp_path_factory):
    """The docstrings, parsed into a cache folder of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        parsed = text.docstrings()
        patch.setattr(text, "docstrings_of", None)  # what would parse them again
        assert text.docstrings() == parsed
        assert [file.name for file in text.cache_folder().iterdir()] == [
            f"docstrings-numpy-{importlib.metadata.version('numpy')}-keras-{importlib.metadata.version('keras')}.txt"
        ]
    return parsed


@pytest.fixture
def own_text(tmp_path):
    """A function that writes a file of text and gives its path."""

    def write(content, name="own.txt"):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(file)

    return write


def test_words():
    written = "Don't call `keras.ops.float32(3.5)`, it’s _private; 2nd x1 — naïve Straße, слово, 語!"
    assert " ".join(text.words_of(written)) == "don't call keras ops float32 it's _private nd x1 naïve straße слово 語"
    assert text.words_of(" 12 3.5 -- ?! 🙂") == []


@pytest.mark.parametrize(
    "written",
    [
        "क्या आपके पास किताबें हैं",
        "สวัสดี ครับ",
        "كَتَبَ الوَلَدُ",
        "שָׁלוֹם עוֹלָם",
        "tiếng việt naïve",
        "می\u200cخواهم",
        "ශ්\u200dරී ලංකා",
        "അവന്\u200d ലോകം",
        "한국 사람",
    ],
)
def test_words_of_every_script_are_whole_however_they_were_typed(written):
    for form in ("NFC", "NFD"):
        assert text.words_of(unicodedata.normalize(form, written)) == unicodedata.normalize("NFC", written).split()


def test_marks_and_joiners_without_a_letter_are_no_word():
    assert text.words_of("\u0301 \u200d 3\u0301 👩\u200d👧 ❤\ufe0f") == []
    assert text.words_of("'a' b\u200c \u200dc rock\u200d") == ["a", "b", "c", "rock"]


def test_a_file_is_read_composed(own_text):
    path = own_text(unicodedata.normalize("NFD", "déjà vu " * 300))
    assert set(text.documents(path)[0]) == {"déjà", "vu"} and "déjà" in text.read(path)


def test_without_a_home_nothing_is_written_to_a_folder_called_so(monkeypatch, tmp_path):
    monkeypatch.setattr(sources.os.path, "expanduser", lambda path: path)  # as where HOME is not set, and no user known
    monkeypatch.setattr(sources.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    monkeypatch.setattr(text, "docstrings_of", lambda package: ["of a function"])
    for name in ("XDG_CACHE_HOME", "TFDS_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    text.docstrings()
    assert [file.name for file in tmp_path.iterdir()] == ["temporary"]
    assert sources.tfds_directory() == tmp_path / "temporary" / "tensorflow_datasets"
    assert str(sources.expanded("~nobody/x")) == "~nobody/x"


def test_paragraphs_stand_between_empty_lines():
    assert text.paragraphs_of("one\ntwo\n\n 3 \n\n\t\nthree\n") == [["one", "two"], ["three"]]


@pytest.mark.slow
def test_docstrings_of_functions_classes_and_what_is_written_in_c(docstrings):
    import keras

    for documented in (np.linspace, np.ndarray.reshape, np.frombuffer, keras.layers.LSTM, keras.ops.softmax):
        sentence = max(documented.__doc__.splitlines(), key=len).strip()
        assert sentence in docstrings, documented
    assert len(text.words_of(docstrings)) > 300_000


def test_packages_are_read_and_not_imported(monkeypatch, tmp_path):
    package = tmp_path / "shy"
    (package / "tests").mkdir(parents=True)
    (package / "__init__.py").write_text('"""Of the module."""\nraise SystemExit("imported")\n')
    (package / "tests" / "test_shy.py").write_text('"""Of a test."""')
    monkeypatch.syspath_prepend(tmp_path)
    assert list(text.docstrings_of("shy")) == ["Of the module."]
    assert "shy" not in sys.modules


def test_a_cache_folder_that_cannot_be_written_to(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(text, "docstrings_of", lambda package: [f"of {package}", "of both"])
    assert text.docstrings() == "of numpy\n\nof both\n\nof keras"


def test_every_tenth_paragraph_is_held_out(own_text):
    path = own_text("\n\n".join(f"paragraph p{number} " + "word " * 20 for number in range(100)))
    train, test = text.documents(path), text.documents(path, "test")
    assert [document[1] for document in test] == [f"p{number}" for number in range(9, 100, 10)]
    assert len(train) == 90 and not {document[1] for document in train} & {document[1] for document in test}


def test_a_vocabulary_and_a_corpus():
    documents = [["b", "a", "b"], ["c"], ["a", "b", "d", "d"]]
    assert text.vocabulary_of(documents, 1, 100) == ["b", "a", "d", "c"]  # of equal counts in the alphabet's order
    assert text.vocabulary_of(documents, 2, 100) == ["b", "a", "d"]
    assert text.vocabulary_of(documents, 1, 2) == ["b", "a"]
    corpus = text.corpus_of(documents, ["b", "a", "d"])
    assert (corpus.words.tolist(), corpus.documents.tolist()) == ([0, 1, 0, 1, 0, 2, 2], [0, 0, 0, 2, 2, 2, 2])
    assert corpus.counts.tolist() == [3, 2, 2]
    assert (corpus.words.dtype, corpus.documents.dtype) == (np.int32, np.int32)


def test_a_file_that_is_not_utf8_is_named_with_its_line(own_text):
    path = own_text(b"good line\n" * 41 + b"caf\xe9\n")
    with pytest.raises(ValueError, match=r"own.txt': line 42 is not UTF-8 \(its byte 0xe9\)"):
        text.documents(path)


@pytest.mark.parametrize("content", ["", "\n \n\n", "123 456", "five words are too few"])
def test_a_file_with_too_few_words(own_text, content):
    with pytest.raises(ValueError, match=r"own.txt': it has \d words, but at least 500 are needed"):
        text.documents(own_text(content))


def test_a_file_that_is_not_there():
    with pytest.raises(ValueError, match=r"dataset='nowhere.txt': there is no such file"):
        text.documents("nowhere.txt")
    with pytest.raises(ValueError, match=r"dataset='x{10000}.txt': there is no such file"):
        text.documents("x" * 10_000 + ".txt")


@pytest.mark.parametrize("dataset", ["docstrings", "imdb_reviews", "own.txt"])
def test_a_split_that_is_not_there(dataset):
    with pytest.raises(ValueError, match="split='validation': it must be one of train, test"):
        text.documents(dataset, "validation")


def test_line_ends_and_marks_of_windows(own_text):
    path = own_text("\ufeffone two\r\nthree\r\n\r\n" + "four " * 600)
    assert text.documents(path)[0] == ["one", "two", "three"]


def test_names_know_text(own_text):
    assert [names.kind(dataset) for dataset in ("docstrings", "imdb_reviews", "some/book.TXT")] == ["text"] * 3
    assert names.held_out("book.txt") == {"bundled": "every tenth paragraph of your own text"}


def test_reviews_that_are_not_prepared(without_tfds):
    assert names.resolve("imdb_reviews", "auto") == "tfds"
    with pytest.raises(sources.MissingData, match="`tfds build imdb_reviews` fetches it"):
        text.documents("imdb_reviews", "test")
    with pytest.raises(sources.MissingData, match="not bundled"):
        text.documents("imdb_reviews", source="bundled")


def test_a_tenth_of_the_unsupervised_reviews_is_held_out(prepared_tfds):
    if not sources.is_prepared("imdb_reviews"):
        pytest.skip("imdb_reviews is not prepared for TFDS")
    reviews = text.documents("imdb_reviews", "test")
    assert len(reviews) == round(len(sources.load_tfds("imdb_reviews", "unsupervised")) / 10)
    assert names.held_out("imdb_reviews") == {"tfds": "a tenth of the split `unsupervised`"}
    assert not {"br", "<br"} & set(reviews[0])
