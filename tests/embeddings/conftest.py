"""What the tests of the word models share: both lessons, a text to learn from, a model of each that has learned it."""

import numpy as np
import pytest

from dlsuite.embeddings import cbow, skip_gram

LESSONS = {"skip_gram": (skip_gram, skip_gram.SkipGram), "cbow": (cbow, cbow.CBOW)}
ANIMALS, TOOLS = ["cat", "dog", "horse", "cow", "sheep"], ["hammer", "saw", "drill", "file", "pliers"]
VERBS = {"animal": ["eats", "sleeps", "runs", "drinks"], "tool": ["cuts", "bends", "rusts", "breaks"]}
OPTIONS = {"epochs": 12, "batch_size": 16, "learning_rate": 0.05, "dimensions": 12, "window": 3, "subsampling": 0.0}


@pytest.fixture(scope="session", params=LESSONS)
def lesson(request):
    return LESSONS[request.param]


@pytest.fixture(scope="session")
def story(tmp_path_factory):
    """1,200 paragraphs about animals or about tools, which share no verb."""
    random, lines = np.random.default_rng(0), []
    for _ in range(1200):
        kind, nouns = [("animal", ANIMALS), ("tool", TOOLS)][random.integers(2)]
        words = [random.choice(part) for part in (nouns, VERBS[kind], nouns, VERBS[kind])]
        lines.append(" ".join(["the", words[0], words[1], random.choice(["and", "or"]), "a", *words[2:]]))
    file = tmp_path_factory.mktemp("story") / "story.txt"
    file.write_text("\n\n".join(lines))
    return str(file)


@pytest.fixture(scope="session")
def trained(lesson, story):
    return lesson[0].train(dataset=story, **OPTIONS)


@pytest.fixture
def a_model(lesson):
    """A function that builds a model of 30 words in double precision's reach: vectors of which none is 0."""

    def build(dimensions=6):
        model = lesson[1](vocabulary=[f"w{number}" for number in range(30)], dimensions=dimensions)
        random = np.random.default_rng(1)
        for table in (model.input_vectors, model.output_vectors):
            table.assign(random.normal(0, 0.5, table.shape))
        return model

    return build
