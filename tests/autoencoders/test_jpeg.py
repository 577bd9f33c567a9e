"""JPEG as the yardstick: what is counted, and that it is at its best."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from dlsuite.autoencoders import jpeg


@pytest.fixture(scope="module")
def picture():
    x, y = np.meshgrid(np.arange(64), np.arange(48))
    noise = np.random.default_rng(0).normal(0, 8, (48, 64, 3))
    return np.clip(np.stack([2 * x + y, 255 - 3 * y, x * y % 256], axis=-1) + noise, 0, 255).astype("uint8")


def written(picture, **options):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "jpeg", **options)
    return file.getvalue()


def test_of_a_sequential_file_all_counts_between_its_one_scan_and_its_end(picture):
    data = written(picture, quality=90)
    start = data.index(b"\xff\xda")
    start += 2 + int.from_bytes(data[start + 2 : start + 4], "big")
    assert jpeg.scan_bits(data) == 8 * (len(data) - 2 - start)


def test_of_a_progressive_file_every_scan_counts(picture):
    data = written(picture, quality=90, progressive=True)
    assert data.count(b"\xff\xda") > 5
    assert 0.5 * 8 * len(data) < jpeg.scan_bits(data) < 8 * len(data)


def test_psnr():
    black = np.zeros((4, 4, 1), "uint8")
    assert jpeg.psnr(black, black + 255) == 0
    assert jpeg.psnr(black, black + 1) == pytest.approx(48.13, abs=0.005)
    assert jpeg.psnr(black, black) == np.inf


def test_the_best_files_cost_more_only_where_they_are_better(picture):
    points = jpeg.best(picture)
    assert len(points) > 20
    assert all(one.bits < other.bits and one.psnr < other.psnr for one, other in itertools.pairwise(points))
    for point in points[::10]:
        assert jpeg.scan_bits(point.data) == point.bits
        assert jpeg.psnr(jpeg.read(point.data), picture) == point.psnr


def test_no_file_of_pillow_is_better(picture):
    points = jpeg.best(picture)
    for subsampling in ("4:2:0", "4:4:4"):
        for optimize in (False, True):
            data = written(picture, quality=40, subsampling=subsampling, optimize=optimize)
            psnr = jpeg.psnr(np.asarray(Image.open(io.BytesIO(data))), picture)
            assert max(point.psnr for point in points if point.bits <= jpeg.scan_bits(data)) >= psnr


def test_grey_pictures(picture):
    points = jpeg.best(picture[..., :1])
    assert jpeg.read(points[0].data).shape == (48, 64, 1)


def test_between_its_files_the_psnr_is_interpolated(picture):
    points = jpeg.best(picture)
    assert jpeg.psnr_at(points, points[5].bits) == pytest.approx(points[5].psnr)
    between = jpeg.psnr_at(points, np.sqrt(points[5].bits * points[6].bits))
    assert between == pytest.approx((points[5].psnr + points[6].psnr) / 2)
    assert jpeg.psnr_at(points, 1) == points[0].psnr
