"""Rate and distortion of learned compression compared with JPEG, on held-out photographs and mosaics of digits.

    python benchmarks/compression.py --json compression.json --pictures compression/

Trains a model on each of `--datasets` with the defaults, or takes the finished `--runs`, and prints a table in
Markdown. Bits per pixel and PSNR are means over the held-out pictures. Our files are counted whole, including headers;
JPEG gets the same number of bits for each picture, but only its scans count (`dlsuite.autoencoders.jpeg`). `--json`
saves every picture's numbers, `--pictures` saves a picture for each model and quality: an original, and how it looks
after our compression and after JPEG.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from command import trained
from PIL import Image

from dlsuite import runs, serving
from dlsuite.autoencoders import compression, jpeg, picture_file, rate_distortion

MODEL = "autoencoders.compression"
SIDE = 320
"""The side, in pixels, of the part that `--pictures` shows of a picture."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", nargs="+", default=["photographs", "mnist"])
    parser.add_argument("--runs", nargs="+", type=Path, metavar="DIR", help="finished runs, instead of --datasets")
    parser.add_argument("--split", choices=("validation", "test"), default="test")
    parser.add_argument("--source", choices=("auto", "tfds", "bundled"), default="auto", help="source of the digits")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--pictures", type=Path, metavar="DIR")
    options = parser.parse_args()
    found = [runs.Run(path) for path in options.runs or []] or [
        trained(Path("runs") / MODEL / dataset, MODEL, dataset=dataset, source=options.source)
        for dataset in options.datasets
    ]
    print(
        "| held out | quality | bits/pixel | PSNR, dB | JPEG's PSNR | gain over JPEG | better on | file / model bits |"
    )
    print("|---|---|---|---|---|---|---|---|")
    curves = {}
    for run in found:
        dataset = run.record["arguments"]["dataset"]
        model = serving.load_keras(run.path)
        pictures = compression.held_out(dataset, options.split, options.source)
        curve = rate_distortion.curve(model, pictures)
        curves[str(run.path)] = {"dataset": dataset} | {name: values.tolist() for name, values in curve.items()}
        title = {"mnist": "mosaics of digits"}.get(dataset, dataset)
        for quality in range(compression.QUALITIES):
            point = {name: values[quality] for name, values in curve.items()}
            gain = point["psnr"] - point["jpeg_psnr"]
            print(
                f"| {len(pictures)} {title} | {quality} | {np.mean(point['coded_bits'] / point['pixels']):.3f} "
                f"| {np.mean(point['psnr']):.2f} | {np.mean(point['jpeg_psnr']):.2f} "
                f"| {np.mean(gain):+.2f} ({gain.min():+.2f} to {gain.max():+.2f}) | {np.sum(gain > 0)} of {len(gain)} "
                f"| {point['coded_bits'].sum() / point['bits'].sum():.4f} |",
                flush=True,
            )
            if options.pictures:
                options.pictures.mkdir(parents=True, exist_ok=True)
                compared(model, pictures[0], quality).save(options.pictures / f"{dataset}-{quality}.png")
    if options.json:
        options.json.write_text(json.dumps(curves, indent=1), "utf-8")


def compared(model, picture, quality):
    """The middle of a picture, of its decoded file, and of the largest JPEG that is not larger than this file."""
    file = picture_file.encode(model, picture, quality)
    files = jpeg.best(picture)
    small = [point for point in files if point.bits <= 8 * len(file)] or files[:1]
    three = picture, picture_file.decode(model, file), jpeg.read(small[-1].data)
    top, left = (max(0, (side - SIDE) // 2) for side in picture.shape[:2])
    joined = np.concatenate([each[top : top + SIDE, left : left + SIDE] for each in three], axis=1)
    return Image.fromarray(joined.squeeze())


if __name__ == "__main__":
    main()
