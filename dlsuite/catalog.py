"""The lessons and their options, read from the source files without importing them or TensorFlow.

A lesson is a module `dlsuite/<lecture>/<algorithm>.py` with a function `train`. That function's signature and
docstring are the only definition of its options; the command line and the apps read them here.
"""

import ast
import functools
import inspect
import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import annotated_types

from dlsuite import arguments
from dlsuite.data import names as datasets
from dlsuite.data import sources

PACKAGE = Path(__file__).parent
NOT_OPTIONS = ("initial_epoch", "callbacks")
NAMESPACE = vars(annotated_types) | vars(arguments) | {"Annotated": Annotated, "Literal": Literal}
"""The names that the annotations of `train` may use."""


class Option(NamedTuple):
    """One keyword argument of `train`."""

    name: str
    type: type
    """bool, int, float or str."""
    choices: tuple
    """The values of a `Literal`; empty if there is none."""
    is_open: bool
    """Whether values other than `choices` are allowed."""
    default: Any
    """`None` if it depends on the dataset."""
    ranges: tuple
    """The bounds of a value, from `annotated_types`."""
    help: str

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return f"--{self.name.replace('_', '-')}"

    def words(self, value) -> list[str]:
        """The words that set it to this value on the command line."""
        if self.type is bool:
            return [self.flag if value else self.flag.replace("--", "--no-", 1)]
        return [self.flag, str(value)]


class Lesson(NamedTuple):
    """One module that trains something."""

    name: str
    title: str
    options: dict[str, Option]
    defaults: dict[str, dict[str, Any]]
    """The module's table `DEFAULTS`: by dataset, or by its kind, the values of options whose default is `None`."""
    examples_per_step: tuple[str, ...]
    """The module's `EXAMPLES_PER_STEP`: the options whose product is the number of examples that a step takes.

    If the module does not define it, this is the `batch_size`, provided that it is an option.
    """

    examples_per_epoch: dict[str, int | None]
    """The module's `EXAMPLES_PER_EPOCH`: by dataset, or by its kind, if an epoch is not one pass over the dataset."""
    has_mixed_precision: bool
    """The module's `HAS_MIXED_PRECISION`: whether its layers may compute in bfloat16."""

    def examples_in_a_step(self, arguments: dict[str, Any]) -> int | None:
        """How many examples a training step takes with these arguments; `None` if no option determines it."""
        return math.prod(arguments[name] for name in self.examples_per_step) if self.examples_per_step else None

    def steps_per_epoch(self, arguments: dict[str, Any]) -> int | None:
        """How many steps an epoch has with these resolved arguments; `None` if only the training knows."""
        dataset, examples_in_a_step = datasets.dataset_of(arguments), self.examples_in_a_step(arguments)
        kind = datasets.kind(dataset)
        if not examples_in_a_step:
            return None
        if kind in datasets.STEPS_PER_EPOCH:
            return datasets.STEPS_PER_EPOCH[kind]
        own = dataset if dataset in self.examples_per_epoch else kind
        if own in self.examples_per_epoch:
            examples = self.examples_per_epoch[own]
        else:
            examples = datasets.count(dataset, arguments.get("source", "bundled"))
        return None if examples is None else examples // examples_in_a_step

    def resolve(self, given: dict[str, Any]) -> dict[str, Any]:
        """Every option with the value it takes when `train` is called with `given`.

        Raises:
            ValueError: a value is not allowed, the dataset does not exist, or the lesson has no defaults for its kind.
        """
        for name, option in self.options.items():
            choices = () if option.is_open else option.choices
            arguments.require_allowed(choices, option.ranges, **{name: given.get(name)})
        resolved = {name: option.default for name, option in self.options.items()} | given
        if self.defaults:
            dataset, kind = resolved["dataset"], datasets.kind(resolved["dataset"])
            if kind not in self.defaults:
                kinds = sorted({datasets.kind(choice) for choice in self.options["dataset"].choices})
                if dataset not in datasets.NAMED and not sources.expanded(dataset).exists():
                    raise ValueError(f"dataset={dataset!r}: there is no such file or folder")
                raise ValueError(f"dataset={dataset!r}: it has {kind}, but {self.name} needs {' or '.join(kinds)}")
            row = self.defaults[kind] | self.defaults.get(dataset, {})
            resolved = {name: row[name] if value is None else value for name, value in resolved.items()}
        if "source" in resolved:
            resolved["source"] = datasets.resolve(datasets.dataset_of(resolved), resolved["source"])
        return resolved


@functools.cache
def names() -> list[str]:
    """The names of all lessons, such as `gans.wgan_gp`, in alphabetical order."""
    files = sorted(PACKAGE.glob("*/*.py"))
    return [f"{file.parent.name}.{file.stem}" for file in files if "\ndef train(" in file.read_text("utf-8")]


@functools.cache
def lesson(name: str) -> Lesson:
    """The lesson called `name`; `ValueError` if there is no such lesson."""
    if name not in names():
        raise ValueError(f"there is no model {name!r}: choose one of {', '.join(names())}")
    tree = ast.parse((PACKAGE / f"{name.replace('.', '/')}.py").read_text("utf-8"))
    train = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "train")
    helps = _argument_helps(ast.get_docstring(train))
    options = {}
    for argument, default in zip(train.args.kwonlyargs, train.args.kw_defaults, strict=True):
        if argument.arg not in NOT_OPTIONS:
            options[argument.arg] = _option(argument.arg, argument.annotation, ast.literal_eval(default), helps)
    defaults = _constant(tree, "DEFAULTS", {})
    examples_per_step = _constant(tree, "EXAMPLES_PER_STEP", ("batch_size",) if "batch_size" in options else ())
    examples_per_epoch = _constant(tree, "EXAMPLES_PER_EPOCH", {})
    title = ast.get_docstring(tree).splitlines()[0].rstrip(".")
    has_mixed_precision = _constant(tree, "HAS_MIXED_PRECISION", False)
    return Lesson(name, title, options, defaults, examples_per_step, examples_per_epoch, has_mixed_precision)


def module_of(name: str) -> str:
    """The lesson that a trained model's name belongs to: `gans.wgan_gp-ring` is a `gans.wgan_gp`."""
    return name.split("-")[0]


def _constant(tree: ast.Module, name: str, otherwise):
    """The literal that a module assigns to `name`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and name in [each.id for each in node.targets if isinstance(each, ast.Name)]:
            return ast.literal_eval(node.value)
    return otherwise


def _option(name, annotation: ast.expr, default, helps) -> Option:
    plain, _, ranges = arguments.parts_of(eval(ast.unparse(annotation), NAMESPACE))
    literals = [node for node in ast.walk(annotation) if isinstance(node, ast.Subscript) and node.value.id == "Literal"]
    choices = [choice for node in literals for choice in _items(ast.literal_eval(node.slice))]
    of_type = plain[0] if plain else type(choices[0])
    return Option(name, of_type, tuple(choices), not choices or bool(plain), default, tuple(ranges), helps[name])


def _items(slice_) -> tuple:
    return slice_ if isinstance(slice_, tuple) else (slice_,)


def _argument_helps(docstring: str) -> dict[str, str]:
    section = re.search(r"^Args:\n((?:    .*\n?)+)", inspect.cleandoc(docstring), re.MULTILINE)
    entries = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", section[1], re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}
