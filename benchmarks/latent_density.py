"""How good digits from a density fitted to an auto-encoder's codes are, compared with a VAE's samples.

    python benchmarks/latent_density.py
    python benchmarks/latent_density.py --autoencoder runs/my-autoencoder --vae runs/my-vae runs/another

All models must have codes of the same length. The densities are fitted to the codes of MNIST's training digits. 10,000
codes from each are decoded, and the Fréchet distance between these pictures and MNIST's test digits is computed in the
feature space of the shipped digit classifier. Prints a table in Markdown. Its first row is the score of training
digits; the second is the score of test digits reconstructed by the auto-encoder, which no density over its codes can
be expected to beat. The log density is that of the test digits' codes; it can be compared between the Gaussian and the
mixtures.
"""

import argparse

import numpy as np

from dlsuite import serving
from dlsuite.autoencoders import latent_density
from dlsuite.data import examples, mnist
from dlsuite.gans import assessment

SAMPLES = 10_000


def in_parts(function, rows):
    """`function` of 1,000 rows at a time."""
    return np.concatenate([np.asarray(function(rows[start : start + 1000])) for start in range(0, len(rows), 1000)])


def features(pictures):
    """The digit classifier's features of pictures in 0..1."""
    return assessment.digit_features(2 * pictures - 1)["features"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--autoencoder", default="autoencoders.autoencoder", help="a shipped model, or a run directory")
    parser.add_argument("--vae", nargs="+", default=["autoencoders.vae"], help="the same, one or several")
    parser.add_argument("--components", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--seeds", type=int, default=3, help="how many times each density is fitted and drawn from")
    parser.add_argument("--source", choices=["auto", "tfds", "bundled"], default="auto")
    options = parser.parse_args()
    autoencoder, *vaes = (serving.load_keras(name, compile=False) for name in (options.autoencoder, *options.vae))
    if {vae.latent_dim for vae in vaes} != {autoencoder.latent_dim}:
        parser.error("the models' codes are not of the same length")
    train, test = (examples.to_unit(mnist.arrays(split, options.source)[0]).numpy() for split in ("train", "test"))
    codes, new_codes = in_parts(autoencoder.encode, train), in_parts(autoencoder.encode, test)
    of_test = features(test)

    print(f"| pictures | Fréchet distance, {options.seeds} seeds | log density of new codes, nats |")
    print("|---|---|---|")

    def row(title, pictures, log_densities=()):
        distances = [assessment.frechet_distance(features(each), of_test) for each in pictures]
        densities = ", ".join(f"{value:.2f}" for value in log_densities) or "—"
        print(f"| {title} | {', '.join(f'{value:.2f}' for value in distances)} | {densities} |", flush=True)

    def decoded(density, seed):
        return in_parts(autoencoder.decode, density.sample(SAMPLES, seed))

    row("training digits", [train[np.random.default_rng(0).permutation(len(train))[:SAMPLES]]])
    title = f"a {autoencoder.network} auto-encoder with {autoencoder.count_params():,} weights"
    row(f"test digits, reconstructed by {title}", [in_parts(autoencoder.decode, new_codes)])
    seeds = range(options.seeds)
    gaussian = latent_density.fit_gaussian(codes)
    row(
        "auto-encoder, codes from a Gaussian",
        [decoded(gaussian, seed) for seed in seeds],
        [gaussian.log_density(new_codes).mean()],
    )
    for components in options.components:
        mixtures = [latent_density.fit_mixture(codes, components, seed) for seed in seeds]
        row(
            f"auto-encoder, codes from a mixture of {components}",
            [decoded(mixture, seed) for seed, mixture in enumerate(mixtures)],
            [mixture.log_density(new_codes).mean() for mixture in mixtures],
        )
    for vae in vaes:
        sample, _ = vae.signatures()["sample"]
        title = f"{vae.network} VAE with {vae.count_params():,} weights, codes from its prior"
        row(title, [sample(SAMPLES, seed)["pictures"].numpy() for seed in seeds])


if __name__ == "__main__":
    main()
