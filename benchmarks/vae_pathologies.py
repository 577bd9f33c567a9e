"""How often each pathology of `autoencoders.pathologies` appears, and how often its cure works, over several seeds.

    python benchmarks/vae_pathologies.py --seeds 5

Writes the tables of docs/vae_pathologies.md, and pictures of seed 0 to docs/pictures/pathologies/; the page shows both.
Every run is trained from the command line, as the page's buttons do it. Runs that have finished in the folder `--runs`
are measured again, but not trained again.
"""

import argparse
from pathlib import Path

from pathologies import DOCS, trained
from PIL import Image

from dlsuite.autoencoders.pathologies import PATHOLOGIES

LESSON = "autoencoders.vae"
NUMBERS = {
    "reconstruction_nats": "−log p(x given z), nats",
    "kl_nats": "KL, nats",
    "negative_elbo_nats": "−ELBO, nats",
    "active_units": "active units",
    "spread": "spread",
}
PICTURES = DOCS / "pictures" / "pathologies"


def numbers(run) -> dict[str, float]:
    """The measurements of `VAE.diagnose` after the last step."""
    found = {name: run.arrays(name) for name in NUMBERS if name != "negative_elbo_nats"}
    last = {name: float(values[max(values)]) for name, values in found.items()}
    return last | {"negative_elbo_nats": last["reconstruction_nats"] + last["kl_nats"]}


def keep_picture(run, path: Path) -> None:
    """Save the last preview in few greys and at half the size: small enough for a repository."""
    picture = Image.open(list(run.previews().values())[-1]).convert("L")
    picture.reduce(2).quantize(16, dither=Image.Dither.NONE).save(path, optimize=True)


def shown(name: str, kind: str) -> str:
    """The saved picture, in Markdown."""
    return f"![{name}, {kind}](pictures/pathologies/{name}-{kind}.png)"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    table = ["| | measured | seed by seed | as expected |", "|---|---|---|---|"]
    beside = [f"| mean over seeds | {' | '.join(NUMBERS.values())} |", "|---|" + "---:|" * len(NUMBERS)]
    PICTURES.mkdir(exist_ok=True)
    longest = 0.0
    for name, pathology in PATHOLOGIES.items():
        for is_cured in (False, True):
            measured, kind = [], "fixed" if is_cured else "broken"
            for seed in range(options.seeds):
                path = options.runs / LESSON / f"{name}-{kind}-{seed}"
                run, seconds = trained(LESSON, pathology.arguments(is_cured, seed), path)
                longest = max(longest, seconds)
                measured.append(numbers(run))
                if seed == 0:
                    keep_picture(run, PICTURES / f"{name}-{kind}.png")
            values = [of_run[pathology.number] for of_run in measured]
            as_it_should = sum(map(pathology.healthy if is_cured else pathology.sick, values))
            what = f"fixed by {pathology.cure_title}" if is_cured else f"**{pathology.title}**"
            by_seed = ", ".join(f"{value:.3g}" for value in values)
            table.append(f"| {what} | {pathology.measured} | {by_seed} | {as_it_should} of {len(values)} |")
            means = [sum(of_run[number] for of_run in measured) / len(measured) for number in NUMBERS]
            beside.append(f"| {what} | {' | '.join(f'{mean:.2f}' for mean in means)} |")
            print(table[-1], flush=True)
    text = [
        *table,
        "",
        "These limits decide what counts as expected. They follow from what the numbers mean, and were set before any "
        "of these seeds was trained; the options were tuned on seeds 100 and 101.",
        "",
        *(f"- **{pathology.title}**: {pathology.limits}." for pathology in PATHOLOGIES.values()),
        "",
        "All of it was measured on the 1,000 held-out digits after the last step. −ELBO is the unweighted sum of both "
        "terms, however they were weighted in training. The first two rows have densities, which cannot be compared "
        "with the probabilities of the others.",
        "",
        *beside,
        "",
        f"The longest run took {longest:.0f} s, including the start of Python and TensorFlow.",
        "",
        "## Seed 0 after the last step",
        "",
        "Held-out digits, each above its reconstruction, next to samples from the prior.",
        "",
        "| | broken | fixed |",
        "|---|---|---|",
        *(
            f"| {pathology.title} | {shown(name, 'broken')} | {shown(name, 'fixed')} |"
            for name, pathology in PATHOLOGIES.items()
        ),
    ]
    (DOCS / "vae_pathologies.md").write_text("\n".join(text) + "\n", "utf-8")


if __name__ == "__main__":
    main()
