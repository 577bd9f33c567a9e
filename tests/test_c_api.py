"""Every SavedModel that ships, run through TensorFlow's C API by a program without Python, answers as Keras does.

The C program is `c_api/run_saved_model.c`, compiled against the headers and the library that TensorFlow's wheel
carries: what loads a model there is what loads it in TF Serving.
"""

import inspect
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from dlsuite import SAVED_MODELS, serving
from dlsuite.gans.wgan_gp import WGANGP

SHIPPED = sorted(folder.parent.name for folder in SAVED_MODELS.glob("*/1"))
SOURCE = Path(__file__).with_name("c_api") / "run_saved_model.c"
BATCH, SIDE = 5, 16
"""The size of the first axis, and of others, where a signature leaves it open."""
ONE_VALUE = {"n": 7, "seed": 11, "label": 3, "width": 3, "quality": 2, "offset": 5, "mark": b"--"}
"""What the inputs that hold one value, of whatever rank, are given."""
LIMITS = {"label": 10, "symbols": 4}
"""What an integer of that name must be below; others below 256."""
TEXTS = [
    "Thursday, March 5, 1987",
    "Ein Mann schläft auf dem Sofa.",
    "",
    "нет 漢字 👩‍👩‍👧 \N{COMBINING TILDE}",
    "no end " * 40,
]
WORDS = ["king", "unheard-of", "film", "", "naïve"]
"""What strings are given that are called `text` or `translation`, and others."""


class Bytes(tf.Module):
    """Signatures of the types and ranks that the models which ship do not have; there is nothing to train."""

    def signatures(self):
        def summarize(picture, offset):
            total = tf.reduce_sum(tf.cast(picture, tf.int32)) + offset
            return {"inverted": 255 - picture, "total": total, "bright": picture > 127}

        picture = tf.TensorSpec([None, None, 3], tf.uint8, name="picture")
        return {"serving_default": (summarize, [picture, tf.TensorSpec([], tf.int32, name="offset")])}


class Strings(tf.Module):
    """As `Bytes`, of strings: a vector, a matrix and a scalar, in and out, and a lookup table."""

    def __init__(self):
        super().__init__()
        entries = tf.lookup.KeyValueTensorInitializer(WORDS, tf.range(len(WORDS)))
        self.words = tf.lookup.StaticHashTable(entries, default_value=-1)

    def signatures(self):
        def join(text, table, mark):
            return {
                "same": text,
                "twice": tf.strings.join([text, text], separator="/"),
                "marked": tf.strings.join([table, mark]),
                "all": tf.strings.reduce_join(table, separator=" ") + mark,
                "bytes": tf.strings.length(text),
                "indices": self.words.lookup(table),
            }

        shapes = {"text": [None], "table": [None, None], "mark": []}
        specs = [tf.TensorSpec(shape, tf.string, name=name) for name, shape in shapes.items()]
        return {"serving_default": (join, specs)}


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    compiler = shutil.which("gcc")
    if compiler is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no gcc to compile the C program with")
    library = tf.sysconfig.get_lib()
    built = tmp_path_factory.mktemp("c_api") / "run_saved_model"
    flags = ["-std=c11", "-O1", "-Wall", "-Wextra", f"-I{tf.sysconfig.get_include()}"]
    libraries = ["-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"]
    subprocess.run(
        [compiler, *flags, SOURCE, "-o", built, f"-L{library}", f"-Wl,-rpath,{library}", *libraries], check=True
    )
    return built


def run(program, *arguments):
    """The finished process, whose environment tells it nothing of this one's Python, and the same of oneDNN."""
    command = [str(program), *map(str, arguments)]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": os.environ["TF_ENABLE_ONEDNN_OPTS"]}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def read_signatures(folder):
    """The signatures that `saved_model.pb` in a folder describes, by name, without the one that TensorFlow adds."""
    proto = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    (graph,) = [graph for graph in proto.meta_graphs if "serve" in graph.meta_info_def.tags]
    return {name: entry for name, entry in graph.signature_def.items() if name != "__saved_model_init_op"}


def make_inputs(signature):
    """Arrays that fit a signature: random numbers, and strings out of the tables above."""
    random = np.random.default_rng(3)
    inputs = {}
    for name, info in sorted(signature.inputs.items()):
        dtype = tf.as_dtype(info.dtype).as_numpy_dtype
        sizes = [axis.size for axis in info.tensor_shape.dim]
        shape = [size if size >= 0 else SIDE if index else BATCH for index, size in enumerate(sizes)]
        if info.tensor_shape.unknown_rank:
            inputs[name] = np.array(ONE_VALUE[name], object if info.dtype == tf.string else dtype)
        elif info.dtype == tf.string:
            table = [text.encode() for text in (TEXTS if name in ("text", "translation") else WORDS)]
            inputs[name] = np.resize(np.array(table, object), shape)
        elif np.issubdtype(dtype, np.integer):
            inputs[name] = np.asarray(random.integers(0, LIMITS.get(name, 256), shape), dtype)
        else:
            inputs[name] = random.uniform(0, 1, shape).astype(dtype)  # what pictures of every kind may hold
    return inputs


def type_name(array):
    """As the C program calls it; strings are objects to NumPy, bytes."""
    return "string" if array.dtype == object else array.dtype.name


def to_file(file, array):
    """Write what the C program reads: raw numbers, or strings each after its length."""
    if array.dtype == object:
        file.write_bytes(b"".join(np.uint64(len(text)).tobytes() + text for text in array.ravel()))
    else:
        file.write_bytes(array.tobytes())


def from_file(file, dtype, shape):
    """Read what the C program writes."""
    if dtype != "string":
        return np.fromfile(file, dtype).reshape(shape)
    content, strings = file.read_bytes(), []
    while content:
        end = 8 + int(np.frombuffer(content[:8], np.uint64)[0])
        strings.append(content[8:end])
        content = content[end:]
    array = np.empty(len(strings), object)
    array[:] = strings
    return array.reshape(shape)


def run_in_c(program, folder, calls, scratch):
    """The outputs, by name, of each of `calls`, pairs of a signature and its inputs, all in one process."""
    arguments, expected_lines = [folder], 0
    for number, (signature, inputs) in enumerate(calls):
        arguments.append("call")
        for name, array in inputs.items():
            file = scratch / f"{number}-{name}.in"
            to_file(file, array)
            shape = "x".join(map(str, array.shape)) or "scalar"
            arguments += ["input", signature.inputs[name].name, type_name(array), shape, file]
        for name, info in sorted(signature.outputs.items()):
            arguments += ["output", info.name, scratch / f"{number}-{name}.out"]
            expected_lines += 1
    result = run(program, *arguments)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == expected_lines
    answers, lines = [], iter(lines)
    for number, (signature, _) in enumerate(calls):
        outputs = {}
        for name, info in sorted(signature.outputs.items()):
            tensor, dtype, shape = next(lines).split()
            assert tensor == info.name
            sizes = [] if shape == "scalar" else [int(size) for size in shape.split("x")]
            outputs[name] = from_file(scratch / f"{number}-{name}.out", dtype, sizes)
        answers.append(outputs)
    return answers


def assert_equal(answer, expected):
    assert answer.keys() == expected.keys()
    for name, value in expected.items():
        value = np.asarray(value, object if answer[name].dtype == object else None)
        assert (answer[name].dtype, answer[name].shape) == (value.dtype, value.shape), name
        if value.dtype == object:
            np.testing.assert_array_equal(answer[name], value, err_msg=name)
        else:
            np.testing.assert_allclose(answer[name], value, rtol=1e-5, atol=1e-5, err_msg=name)


def prove(program, folder, model, scratch):
    """Every signature of version 1 in `folder` answers alike in C, through `dlsuite.serving` and in Keras."""
    signatures = read_signatures(folder / "1")
    functions, served = model.signatures(), serving.load(folder)
    assert set(signatures) == set(functions) == set(served.signatures)
    assert "serving_default" in signatures
    calls = [(name, make_inputs(signature)) for name, signature in sorted(signatures.items())]
    if "sample" in signatures:
        takes = {name: info.dtype for name, info in signatures["sample"].inputs.items()}
        assert takes == {"n": tf.int32.as_datatype_enum, "seed": tf.int32.as_datatype_enum}
        calls.append(("sample", {name: np.array([ONE_VALUE[name]], "int32") for name in ("n", "seed")}))
    answers = run_in_c(program, folder / "1", [(signatures[name], inputs) for name, inputs in calls], scratch)
    for (name, inputs), answer in zip(calls, answers, strict=True):
        assert_equal(answer, getattr(served, name)(**inputs))
        function, specs = functions[name]
        in_order = [inputs[parameter] for parameter in inspect.signature(function).parameters]
        as_in_keras = [
            value if spec.shape.rank else value.reshape(()) for value, spec in zip(in_order, specs, strict=True)
        ]
        in_graph = tf.function(function, input_signature=specs)
        assert_equal(answer, in_graph(*map(tf.constant, as_in_keras)))
    return [(name, answer) for (name, _), answer in zip(calls, answers, strict=True)]


def test_models_ship_with_both_their_files():
    assert SHIPPED
    assert serving.names() == SHIPPED


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_every_model_that_ships(program, name, tmp_path):
    model = serving.load_keras(name, compile=False)
    answers = dict(prove(program, SAVED_MODELS / name, model, tmp_path))
    if "candidates" in answers:  # string in, string out, through loops whose lengths nobody knows beforehand
        inputs = make_inputs(read_signatures(SAVED_MODELS / name / "1")["candidates"])
        assert answers["translate"]["text"].shape == (BATCH,)
        assert answers["candidates"]["text"].shape == (BATCH, ONE_VALUE["width"])
        for prefix, row in zip(inputs["prefix"], answers["candidates"]["text"], strict=True):
            known = "".join(letter if letter in model.target_vocabulary.pieces else "⁇" for letter in prefix.decode())
            assert all(text.decode().startswith(known) for text in row)


@pytest.mark.slow
@pytest.mark.parametrize("data_shape", [(2,), (8, 8, 1)], ids=["points", "pictures"])
def test_an_untrained_gan(program, data_shape, tmp_path):
    model = WGANGP(data_shape=data_shape, latent_dim=3)
    serving.export(model, tmp_path / "model")
    answers = prove(program, tmp_path / "model", model, tmp_path)
    of_scalars, of_vectors = [answer for name, answer in answers if name == "sample"]
    assert of_scalars["samples"].shape == (ONE_VALUE["n"], *data_shape)
    np.testing.assert_array_equal(of_scalars["latent"], of_vectors["latent"])


def test_bytes_integers_booleans_and_scalars(program, tmp_path):
    serving.export(Bytes(), tmp_path / "model")
    ((_, answer),) = prove(program, tmp_path / "model", Bytes(), tmp_path)
    types = {name: (array.dtype.name, array.ndim) for name, array in answer.items()}
    assert types == {"inverted": ("uint8", 3), "total": ("int32", 0), "bright": ("bool", 3)}


def test_strings_of_every_length(program, tmp_path):
    """Of up to 22 bytes, which TensorFlow keeps in place, and of more; empty, with a zero byte, and no UTF-8."""
    texts = [b"", b"\0", b"a\0b\0", bytes(22), b"x" * 23, b"x" * 24, bytes(range(256)) * 100, "né 👍".encode()]
    inputs = {
        "text": np.array(texts, object),
        "table": np.resize(np.array([b"king", b"", b"t\0o", "漢字".encode(), b"long" * 9, b"\0\0"], object), (8, 2)),
        "mark": np.array(b"--\0--" * 5, object),
    }
    serving.export(Strings(), tmp_path / "model")
    signature = read_signatures(tmp_path / "model" / "1")["serving_default"]
    (answer,) = run_in_c(program, tmp_path / "model" / "1", [(signature, inputs)], tmp_path)
    mark = inputs["mark"].item()
    assert answer["same"].tolist() == texts
    assert answer["twice"].tolist() == [text + b"/" + text for text in texts]
    assert answer["marked"].tolist() == [[text + mark for text in row] for row in inputs["table"]]
    assert answer["all"].item() == b" ".join(inputs["table"].ravel()) + mark
    assert answer["bytes"].tolist() == list(map(len, texts))
    assert answer["indices"].tolist() == [[0, 3], [-1, -1], [-1, -1]] * 2 + [[0, 3], [-1, -1]]
    prove(program, tmp_path / "model", Strings(), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", bytes(7), bytes(8) * 2, b"\5" + bytes(7) + b"four", b"\xff" * 8], ids=len)
def test_a_file_of_strings_that_does_not_fit_is_named(program, strings, content, tmp_path):
    file = tmp_path / "mark"
    file.write_bytes(content)
    result = run(program, strings, "call", "input", "serving_default_mark:0", "string", "scalar", file)
    assert result.returncode == 1
    assert f"{file}: its size does not fit its shape and type" in result.stderr


def test_the_program_holds_no_python(program):
    linked = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    assert "libtensorflow" in linked
    assert "libpython" not in linked


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return serving.export(Bytes(), tmp_path_factory.mktemp("exported"))


@pytest.fixture(scope="module")
def strings(tmp_path_factory):
    return serving.export(Strings(), tmp_path_factory.mktemp("strings"))


def test_a_missing_model_is_named(program, tmp_path):
    result = run(program, tmp_path / "absent", "call", "output", "any:0", tmp_path / "out")
    assert result.returncode == 1
    assert str(tmp_path / "absent") in result.stderr
    assert "Could not find SavedModel" in result.stderr


@pytest.mark.parametrize("name", ["absent:0", "serving_default_picture:9", "serving_default_picture"])
def test_a_wrong_tensor_is_named(program, exported, name, tmp_path):
    result = run(program, exported, "call", "output", name, tmp_path / "out")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith(f"run_saved_model: {name}: ")
    assert not (tmp_path / "out").exists()


def test_a_file_of_the_wrong_size_is_named(program, exported, tmp_path):
    file = tmp_path / "picture"
    file.write_bytes(bytes(11))
    result = run(program, exported, "call", "input", "serving_default_picture:0", "uint8", "2x2x3", file)
    assert result.returncode == 1
    assert f"{file}: its size does not fit its shape and type" in result.stderr


def test_an_input_left_out_is_an_error(program, exported, tmp_path):
    output = read_signatures(exported)["serving_default"].outputs["total"].name
    result = run(program, exported, "call", "output", output, tmp_path / "out")
    assert result.returncode == 1
    assert "running the model" in result.stderr
