"""What docs/serving.md tells a reader to send is what the models take; compose.yaml and models.config hold together.

No TF Serving runs here. The gRPC lines talk to a stand-in, which answers them out of `dlsuite.serving`.
"""

import functools
import itertools
import json
import re
import shlex
from concurrent import futures
from pathlib import Path

import grpc
import numpy as np
import pytest
import tensorflow as tf

from dlsuite import SAVED_MODELS, serving

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "serving.md").read_text("utf-8")
load = functools.cache(serving.load)
NO_SERVING_API = "tensorflow-serving-api is not installed: pip install dlsuite[serve]"


def blocks(language):
    """The fenced blocks of the document that are in `language`."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def command_lines(program):
    lines = [shlex.split(line) for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line[0] == program]


def listed():
    """Name and base path of every entry in models.config."""
    text = (SAVED_MODELS / "models.config").read_text("utf-8")
    return re.findall(r'config \{ name: "([^"]+)" base_path: "([^"]+)"', text)


def rest_calls():
    """Model and body of every prediction that the document asks for with curl."""
    calls = []
    for _, *arguments in command_lines("curl"):
        if arguments[0] == "--data":
            model = re.fullmatch(r"http://localhost:8501/v1/models/([^/:]+):predict", arguments[2])[1]
            calls.append(pytest.param(model, json.loads(arguments[1]), id=json.loads(arguments[1])["signature_name"]))
    return calls


def predict(model, signature, inputs):
    """What the model answers to tensors by name; the tensors' types must be the signature's already."""
    served = load(model)
    function = served._loaded.signatures[signature]
    _, specs = function.structured_input_signature
    assert {name: array.dtype for name, array in inputs.items()} == {
        name: spec.dtype.as_numpy_dtype for name, spec in specs.items()
    }
    return getattr(served, signature)(**inputs)


def test_every_model_that_ships_is_listed():
    assert listed() == [(name, f"/models/{name}") for name in serving.names()]


def test_the_config_is_one_that_tf_serving_reads():
    pytest.importorskip("tensorflow_serving", reason=NO_SERVING_API)
    from google.protobuf import text_format
    from tensorflow_serving.config import model_server_config_pb2

    text = (SAVED_MODELS / "models.config").read_text("utf-8")
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    entries = config.model_config_list.config
    assert [(entry.name, entry.base_path) for entry in entries] == listed()
    assert {entry.model_platform for entry in entries} == {"tensorflow"}
    for entry in entries:
        assert (SAVED_MODELS / entry.name / "1" / "saved_model.pb").is_file()


def test_the_compose_file_starts_the_stock_image_on_the_models():
    yaml = pytest.importorskip("yaml", reason="pyyaml is not installed")
    (service,) = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"].values()
    assert service == {
        "image": "tensorflow/serving",
        "command": ["--model_config_file=/models/models.config"],
        "ports": ["8500:8500", "8501:8501"],
        "volumes": ["./saved_models:/models:ro"],
    }


def test_the_plain_docker_line_starts_the_same_as_the_compose_file():
    compose = (ROOT / "compose.yaml").read_text("utf-8")
    line = next(line for line in command_lines("docker") if "--model_config_file=/models/models.config" in line)
    image, command = line[-2:]
    assert f"image: {image}\n" in compose
    assert f'command: ["{command}"]\n' in compose
    given = dict(itertools.pairwise(line))
    assert f"- {given['-v'].replace('$PWD', '.')}\n" in compose
    ports = [after for option, after in itertools.pairwise(line) if option == "-p"]
    assert ports == re.findall(r'- "(\d+:\d+)"', compose) == ["8500:8500", "8501:8501"]


def test_the_document_calls_sample_and_decode_over_rest():
    assert [call.id for call in rest_calls()] == ["sample", "decode"]


@pytest.mark.parametrize(("model", "body"), rest_calls())
def test_a_documented_rest_call_fits_its_signature(model, body):
    assert body.keys() == {"signature_name", "inputs"}
    signature = load(model)._loaded.signatures[body["signature_name"]]
    _, specs = signature.structured_input_signature
    given = body["inputs"] if isinstance(body["inputs"], dict) else {next(iter(specs)): body["inputs"]}
    assert given.keys() == specs.keys()
    for name, value in given.items():
        # TF Serving takes the shape from the nesting of the lists, and the type from the signature; an integer
        # type takes no number with a point, and a string type nothing but strings.
        kinds = {type(leaf) for leaf in tf.nest.flatten(value)}
        if specs[name].dtype.is_integer:
            assert kinds == {int}
        elif specs[name].dtype == tf.string:
            assert kinds == {str}
        else:
            assert kinds <= {int, float}
    inputs = {name: np.array(value, specs[name].dtype.as_numpy_dtype) for name, value in given.items()}
    answer = predict(model, body["signature_name"], inputs)

    shown = next(
        block
        for line, block in re.findall(
            r"^curl (--data .*?)\n```\n.*?```json\n(.*?)```", DOCUMENT, re.MULTILINE | re.DOTALL
        )
        if f'"{body["signature_name"]}"' in line
    )
    outputs = json.loads(shown)["outputs"]
    shown_outputs = outputs if isinstance(outputs, dict) else {next(iter(answer)): outputs}
    assert {name: np.shape(value) for name, value in shown_outputs.items()} == {
        name: value.shape for name, value in answer.items()
    }


def test_sample_takes_the_row_form_too():
    in_columns = predict("gans.wgan_gp-ring", "sample", {"n": np.int32(2), "seed": np.int32(3)})
    in_rows = predict("gans.wgan_gp-ring", "sample", {"n": np.int32([2]), "seed": np.int32([3])})
    assert len({len(value) for value in in_rows.values()}) == 1  # TF Serving makes rows of outputs of one length only
    np.testing.assert_array_equal(in_rows["samples"], in_columns["samples"])


def test_the_documented_grpc_lines_run():
    pytest.importorskip("tensorflow_serving", reason=NO_SERVING_API)
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    class StandIn(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):
            inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
            response = predict_pb2.PredictResponse()
            for name, value in predict(request.model_spec.name, request.model_spec.signature_name, inputs).items():
                response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
            return response

    (lines,) = [block for block in blocks("python") if "import grpc" in block]
    server = grpc.server(futures.ThreadPoolExecutor(1))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(StandIn(), server)
    port = server.add_insecure_port("localhost:0")
    assert "localhost:8500" in lines
    server.start()
    try:
        result = {}
        exec(lines.replace("localhost:8500", f"localhost:{port}").replace("timeout=10", "timeout=120"), result)
    finally:
        server.stop(None)
    expected = load("gans.wgan_gp").sample(n=16, seed=3)["samples"]
    np.testing.assert_array_equal(result["samples"], expected)
    (shape,) = re.findall(r"print\(samples\.shape\)  # (.*)", lines)
    assert shape == str(result["samples"].shape)


def test_the_documented_warm_up_is_a_request_that_the_model_answers(tmp_path, monkeypatch):
    pytest.importorskip("tensorflow_serving", reason=NO_SERVING_API)
    from tensorflow_serving.apis import prediction_log_pb2

    (lines,) = [block for block in blocks("python") if "warmup" in block]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved_models" / "attention.bahdanau" / "1").mkdir(parents=True)
    exec(lines, {})
    (file,) = tmp_path.glob("saved_models/*/1/assets.extra/tf_serving_warmup_requests")
    (record,) = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
    inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
    found = predict(request.model_spec.name, request.model_spec.signature_name, inputs)
    assert found["text"].tolist() == [b"1987-03-05"]


def test_answers_above_the_limit_of_grpc():
    sample = load("gans.wgan_gp").sample
    bytes_each = sum(value.nbytes for value in sample(n=1, seed=0).values())
    (digits,) = re.findall(r"gRPC rejects answers above 4 MB \(about ([\d,]+) digits", DOCUMENT)
    assert int(digits.replace(",", "")) == round(4 * 2**20 / bytes_each, -2)


def section(title):
    """What the document says under the heading `title`."""
    return DOCUMENT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_tables_name_the_signatures_of_the_gans():
    all_gans, conditional = section("GANs").split("For `gans.conditional_gan`:")
    named = [
        {name for row in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
        for part in (all_gans, conditional)
    ]
    assert named[0] == set(load("gans.wgan_gp").signatures)
    assert named[1] <= set(load("gans.conditional_gan").signatures) == named[0] | named[1]


SECTIONS = {
    "autoencoders": "Auto-encoders",
    "attention": "Translators and attention",
    "embeddings": "Word vectors",
}
"""By package, the section with a table whose second column names the lessons."""


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in serving.names() if not name.startswith("gans.")])
def test_the_table_names_the_signatures(name):
    package, lesson = name.split("-")[0].split(".")
    named = set()
    for signatures, lessons in re.findall(r"^\| (`.*?) \| (`.*?) \|", section(SECTIONS[package]), re.MULTILINE):
        if f"`{lesson}`" in lessons:
            named |= set(re.findall(r"`(\w+)`", signatures))
    assert named == set(load(name).signatures)


# What wrong inputs get, and batching.


def test_the_megabytes_are_those_of_the_models():
    number, megabytes = re.findall(r"The (\d+) models take (\d+) MB in total", DOCUMENT)[0]
    files = [file for name in serving.names() for file in (SAVED_MODELS / name).rglob("*") if file.is_file()]
    assert int(number) == len(serving.names())
    assert int(megabytes) == round(sum(file.stat().st_size for file in files) / 1e6)


def test_the_documented_error_is_what_a_wrong_input_gets():
    (sentence,) = re.findall(r"An error is one sentence, such as `(.*?)`", section("Wrong inputs"))
    name = sentence.split(":")[0]
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        load("autoencoders.autoencoder").reconstruct(**{name: np.full((1, 28, 28, 1), 255.0, "float32")})


def test_no_examples_are_answered_as_documented():
    (shape,) = re.findall(r"no examples, such as a tensor of shape `\((.*?)\)`", section("Wrong inputs"))
    nothing = np.zeros([int(side) for side in shape.split(",")], "float32")
    assert load("autoencoders.autoencoder").reconstruct(pictures=nothing)["pictures"].shape == nothing.shape


def test_the_signatures_that_cannot_be_batched_are_those_with_a_single_number():
    (listed,) = re.findall(r"cannot be batched: (.*?),\s+and all of `compression`", section("Batching"), re.DOTALL)
    single, others = set(), set()
    for name in serving.names():
        model = load(name)
        has_one = {signature: [] in model.shapes(signature).values() for signature in model.signatures}
        if name.startswith("autoencoders.compression"):
            assert all(has_one.values())
        else:
            single |= {signature for signature, has in has_one.items() if has}
            others |= {signature for signature, has in has_one.items() if not has}
    assert set(re.findall(r"`(\w+)`", listed)) == single
    assert single.isdisjoint(others)


def test_all_signatures_but_the_documented_one_answer_in_rows():
    (without,) = re.findall(r"Only the answer of `(\w+)`\s+has no rows", DOCUMENT)
    found = set()
    for name in serving.names():
        for signature, function in load(name)._loaded.signatures.items():
            shapes = [output.shape for output in function.structured_outputs.values()]
            if any(not shape.rank or shape[0] is not None for shape in shapes):
                found.add(signature)
    assert found == {without}
