"""The command `dlsuite`: train, resume, export, evaluate, query, list and ship models."""

import argparse
import contextlib
import errno
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

import dlsuite
from dlsuite import catalog, machines, predict, runs, serving, shipping
from dlsuite.arguments import require_at_least, said_of
from dlsuite.data import names, sources

# Errors reach Python as exceptions; whatever else TensorFlow prints, about missing CUDA or AVX-512, is not an error.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")  # keeps memory for the next step: large steps are faster
log = logging.getLogger("dlsuite")

EXPECTED = (ValueError, FloatingPointError, ConnectionError, runs.RunError, serving.ModelError, sources.MissingData)
"""Errors whose message is a sentence for the user; any other error is a bug and shows its traceback."""

SECONDS_PER_LOOK = 0.1
"""Time between two checks for a request to stop: on some disks they cost more than a training step of a small model."""

PREDICT = """Run a trained model on your inputs.

SIGNATURE is the function to call, by default `serving_default`. Each input is a text, a
number or list in JSON, or @FILE: .npy, .npz, .json, .txt (one text per line) or a picture,
which is cropped and resized if the model only takes one size."""
PREDICT_EXAMPLES = """examples:
  dlsuite predict attention.bahdanau text="5 mars 1987"
  dlsuite predict gans.wgan_gp sample n=16 seed=0 --out digits.png
  dlsuite predict autoencoders.super_resolution pictures=@photograph.jpg --out larger.png"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command with `arguments`; returns its exit status: 0, 1 for a failure, 2 for wrong usage."""
    given = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # for a locale that cannot encode the text
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    log.setLevel(logging.INFO)
    options = _parser().parse_args(given)
    try:
        _require_readable([*given, os.getcwd()])
        return options.run(options) or 0
    except EXPECTED as error:
        message = str(error)
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.filename else f"{error.strerror or error}"
    print(f"dlsuite: {message}", file=sys.stderr)
    return 1


def _require_readable(words: list[str]) -> None:
    """Raise `ValueError` for a word that Python could not decode in this locale; it cannot be used as a path."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{word!a} is not text in this locale: set LC_ALL=C.UTF-8, or PYTHONUTF8=1") from None


def script() -> None:
    """Run the command, and then end the process at once.

    TensorFlow's threads can keep a process alive that has done all its work, and with it the lock on its run. Ctrl-C
    ends the process with one line, wherever it hits; during training, `_stoppable` treats it as a request to stop.
    """
    is_interrupted = False

    def interrupt(*_):
        nonlocal is_interrupted
        is_interrupted = True
        sys.unraisablehook = lambda _: None  # the code that the exception hits may swallow and report it
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        status = main()
    except SystemExit as end:  # from argparse
        status = end.code or 0
    except BaseException:
        if is_interrupted:
            print("dlsuite: interrupted", file=sys.stderr)
            status = 128 + signal.SIGINT
        else:
            traceback.print_exc()
            status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="dlsuite", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train a model")
    models = train.add_subparsers(required=True, metavar="NAME", dest="name")
    for name in catalog.names():
        lesson = catalog.lesson(name)
        model = models.add_parser(name, help=lesson.title, description=lesson.title)
        for option in lesson.options.values():
            _add_option(model, lesson, option)
        model.add_argument("--run-dir", type=Path, help="the run directory; by default a new one in runs/")
        model.add_argument("--devices", type=int, default=1, help="number of devices of this machine to train on")
        precisions = ("float32", "mixed_bfloat16") if lesson.has_mixed_precision else ("float32",)
        model.add_argument(
            "--precision",
            choices=precisions,
            default="float32",
            help="what layers compute in; mixed_bfloat16 is faster on CPUs with AMX or AVX-512-BF16, but less exact",
        )
        model.set_defaults(run=_train)

    resume = commands.add_parser("resume", help="continue a run that was stopped or killed")
    resume.add_argument("run_dir", type=Path, metavar="DIR")
    resume.set_defaults(run=_resume)

    export = commands.add_parser("export", help="write a SavedModel for TF Serving")
    export.add_argument("model", metavar="DIR-or-NAME", help="a run directory, or the name of a shipped model")
    export.add_argument("--to", type=Path, help="where to write the next <version>/; by default exported/<name>")
    export.set_defaults(run=_export)

    evaluate = commands.add_parser("evaluate", help="measure a trained model on held-out data")
    evaluate.add_argument("model", metavar="DIR-or-NAME", help="a run directory, or the name of a shipped model")
    evaluate.add_argument("--dataset", help="by default the dataset that the model was trained on")
    evaluate.add_argument("--source", choices=sources.SOURCES, default="auto", help="where MNIST comes from")
    evaluate.add_argument("--json", action="store_true", help="print the metrics as JSON and nothing else")
    evaluate.set_defaults(run=_evaluate)

    asked = commands.add_parser(
        "predict",
        help="run a trained model on your inputs",
        description=PREDICT,
        epilog=PREDICT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    asked.add_argument("model", metavar="DIR-or-NAME", help="a run directory, or the name of a shipped model")
    asked.add_argument(
        "words", nargs="*", metavar="[SIGNATURE] INPUT=VALUE", help="see above; docs/serving.md lists all of them"
    )
    asked.add_argument(
        "--out", type=Path, metavar="FILE", help="write the answer to this file: .png, .npy, .npz, .json or .txt"
    )
    asked.set_defaults(run=_predict)

    ship = commands.add_parser("ship", help="add a finished run to the shipped models, with a model card")
    ship.add_argument("run_dir", type=Path, metavar="DIR")
    ship.add_argument("--name", help="the trained model's name; by default the lesson's")
    ship.set_defaults(run=_ship)

    listing = commands.add_parser("list", help="list what you can train, the shipped models, and the runs")
    listing.set_defaults(run=_list)
    return parser


def _add_option(parser, lesson, option) -> None:
    said = [option.help, _range_help(option), _default_help(lesson, option)]
    shared = {"default": option.default, "help": " ".join(filter(None, said)).replace("%", "%%")}
    if option.type is bool:
        parser.add_argument(option.flag, action=argparse.BooleanOptionalAction, **shared)
    elif option.is_open:
        metavar = "|".join(map(str, option.choices)) or option.type.__name__.upper()
        parser.add_argument(option.flag, type=option.type, metavar=metavar, **shared)
    else:
        parser.add_argument(option.flag, type=option.type, choices=option.choices, **shared)


def _range_help(option) -> str:
    said = said_of(option.ranges)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _default_help(lesson, option) -> str:
    if option.default is not None:
        return f"Default: {option.default}."
    rows = [f"{row[option.name]} for {key}" for key, row in lesson.defaults.items() if option.name in row]
    return f"Default: {', '.join(rows)}."


def _train(options) -> None:
    require_at_least(1, devices=options.devices)
    lesson = catalog.lesson(options.name)
    arguments = lesson.resolve({name: getattr(options, name) for name in lesson.options})
    if "dataset" in arguments and arguments["dataset"] not in names.NAMED:
        arguments["dataset"] = os.path.realpath(sources.expanded(arguments["dataset"]))  # valid from any directory
    with machines.directory(options.run_dir, options.name) as path:
        run = runs.Run(path)
        runs.require_free(run.path)  # before a lock is created in what may be somebody's own folder
        with _stoppable(run) as is_asked_to_stop, run.lock():
            scale = {"devices": options.devices, "precision": options.precision}
            runs.create(options.name, arguments, run.path, is_locked=True, **scale)
            _perform(run, is_asked_to_stop)


def _resume(options) -> None:
    if runs.Run(options.run_dir).state == "finished":
        print(f"{options.run_dir} is finished: there is nothing to resume")
        return
    with machines.directory(options.run_dir) as path:
        run = runs.Run(path)
        with _stoppable(run) as is_asked_to_stop, run.lock():
            run.tidy()
            _perform(run, is_asked_to_stop)


@contextlib.contextmanager
def _stoppable(run: runs.Run):
    """Turn SIGTERM and Ctrl-C, like `run.stop`, into a request that training checks for; yields the check."""
    asked, looked = threading.Event(), 0.0

    def is_asked():
        nonlocal looked
        if time.monotonic() - looked > SECONDS_PER_LOOK:
            looked = time.monotonic()
            if run.is_asked_to_stop:
                asked.set()
        return asked.is_set()

    before = {name: signal.signal(name, lambda *_: asked.set()) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield is_asked
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _perform(run: runs.Run, is_asked_to_stop) -> None:
    """Train, or continue training, in a locked run directory, and keep its state correct whatever happens."""
    with _logging_to(run):
        try:
            run.update(state="running", pid=os.getpid(), error="")
            record = run.record
            shown = "  ".join(f"{name}={value}" for name, value in record["arguments"].items())
            log.info("%s in %s\n%s", record["name"], run.path, shown)
            _fit(run, record, is_asked_to_stop)
            run.update(state="finished")
        except runs.Stopped:
            run.update(state="stopped")
            log.info("stopped; continue with: dlsuite resume %s", run.path)
            return
        except BaseException as error:
            message = _sentence(error, run)
            with contextlib.suppress(OSError, runs.RunError):  # a full disk cannot take the message either
                run.update(state="failed", error=message)
            if isinstance(error, EXPECTED):
                raise
            if isinstance(error, OSError | runs.RunError):
                raise runs.RunError(message) from error
            log.error("failed: %s", message)
            raise
        log.info("finished; evaluate it with: dlsuite evaluate %s", run.path)


def _fit(run, record, is_asked_to_stop) -> None:
    import importlib

    import keras
    import tensorflow as tf

    from dlsuite import keras_settings, progress
    from dlsuite.recorder import Recorder

    expected = catalog.lesson(record["name"]).options.keys()
    if record["arguments"].keys() != expected:
        raise runs.RunError(f"{run.path} was started by another version of dlsuite with other options: train again")
    recorder = Recorder(run, is_asked_to_stop)
    versions = {
        "dlsuite": dlsuite.__version__,
        "python": sys.version.split()[0],
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }
    if record.get("versions", versions) != versions:
        log.warning("started with %s, continuing with %s: the result may differ", record["versions"], versions)
    run.update(
        versions=versions,
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        started=record.get("started") or time.strftime("%Y-%m-%d %H:%M:%S"),
    )
    keras.config.disable_interactive_logging()  # its bars only cover one epoch each
    module = importlib.import_module(f"dlsuite.{record['name']}")
    if is_asked_to_stop():
        raise runs.Stopped
    going_on = recorder.initial_epoch, recorder.initial_step
    task = [record["name"], *going_on, record["precision"]]
    with (
        progress.shown(*going_on) as shown,
        keras_settings.precision(record["precision"]),
        _devices(record["devices"], record["arguments"], task),
    ):
        module.train(**record["arguments"], initial_epoch=recorder.initial_epoch, callbacks=[recorder, shown])


def _devices(count: int, arguments: dict, task: list):
    """The scope of a strategy that trains on `count` devices: GPUs if there are any, else parts of the CPU.

    With several machines, `count` devices of each; `task` is what they train, and the step they start from.
    """
    import tensorflow as tf

    together = machines.cluster()
    if together is not None:
        _require_multiple(arguments, count * len(together.addresses), "the number of devices on all machines, ")
        return machines.scope(together, count, [*task, count, arguments])
    if count == 1:
        return contextlib.nullcontext()
    gpus = tf.config.list_physical_devices("GPU")
    most = len(gpus) or os.cpu_count()
    if count > most:
        kind = "GPU" if gpus else "CPU core"
        raise ValueError(f"devices={count}: this machine has {most} {kind}{'s' * (most > 1)}")
    _require_multiple(arguments, count, "devices=")
    if not gpus:
        parts = [tf.config.LogicalDeviceConfiguration()] * count
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)
    kind = "GPU" if gpus else "CPU"
    return tf.distribute.MirroredStrategy([f"{kind}:{index}" for index in range(count)]).scope()


def _require_multiple(arguments: dict, devices: int, said: str) -> None:
    if arguments.get("batch_size", devices) % devices:
        raise ValueError(f"batch_size={arguments['batch_size']}: it must be a multiple of {said}{devices}")


@contextlib.contextmanager
def _logging_to(run):
    """Write the log to the run's log.txt, unless stderr already goes there, as in a run started by the app."""
    file = run.path / "log.txt"
    if runs.is_stderr(file):
        yield
        return
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()


def _sentence(error, run) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"the disk is full: the last checkpoint in {run.path} is safe; free some space and resume"
    if not (run.path / "run.json").exists():
        return f"the run directory {run.path} was deleted during training"
    return f"{error}" if isinstance(error, EXPECTED) else f"{type(error).__name__}: {error}"


def _export(options) -> None:
    _, lesson, _ = serving.locate(options.model)
    name = options.model if options.model in serving.names() else lesson
    version = serving.export(serving.load_keras(options.model), options.to or Path("exported") / name)
    print(version)


def _evaluate(options) -> None:
    metrics = shipping.measure(options.model, options.dataset, options.source)
    if options.json:
        print(json.dumps(metrics))
    else:
        for name, value in metrics.items():
            print(f"{name:28} {value:.4g}")


def _predict(options) -> None:
    answer = predict.ask(options.model, options.words, options.out)
    print(answer or options.out)


def _ship(options) -> None:
    print(shipping.ship(runs.Run(options.run_dir), options.name))


def _list(options) -> None:
    print("lessons you can train:")
    for name in catalog.names():
        print(f"  {name:28} {catalog.lesson(name).title}")
    print("shipped models:")
    for name in serving.names():
        print(f"  {name}")
    print("runs:")
    for run in runs.every():
        try:
            state = run.state
        except runs.RunError as error:
            state = str(error)
        print(f"  {run.path!s:60} {state}")


if __name__ == "__main__":
    script()
