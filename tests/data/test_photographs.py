"""The photographs that other packages carry: which are held out, which patches are cut, what is said without them."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dlsuite.data import examples, names, photographs, sources


@pytest.fixture(scope="module")
def installed():
    for package in ("skimage", "sklearn"):
        pytest.importorskip(package, reason="the extra `photographs` is not installed")


@pytest.fixture
def folder(tmp_path):
    """Twelve photographs of one brightness each, 0, 10, 20 ..., all of other sizes."""
    for index in range(12):
        Image.new("L", (40 + index, 50), 10 * index).save(tmp_path / f"{index:02d}.png")
    return tmp_path


@pytest.mark.parametrize(("split", "expected"), [("train", 10), ("validation", 2), ("test", 4)])
def test_the_photographs_of_a_split(installed, split, expected):
    found = photographs.images(split)
    assert len(found) == expected
    assert {(image.ndim, image.shape[-1], image.dtype) for image in found} == {(3, 3, np.dtype("uint8"))}
    assert min(min(image.shape[:2]) for image in found) >= 300
    assert all(image.std() > 5 for image in found)


def test_no_photograph_is_in_two_splits(installed):
    named = [name for files in photographs.FILES.values() for name in files]
    assert len(named) == len(set(named)) == 16
    contents = [image.tobytes() for split in photographs.FILES for image in photographs.images(split)]
    assert len(set(contents)) == 16


def test_neither_package_is_imported(installed):
    script = (
        "import sys; from dlsuite.data import photographs; photographs.images('test'); "
        "print([name for name in ('skimage', 'sklearn', 'scipy', 'tensorflow') if name in sys.modules])"
    )
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert process.stdout.strip() == "[]"


def test_without_the_packages_the_command_is_named(monkeypatch):
    monkeypatch.setattr(photographs.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(sources.MissingData, match="pip install scikit-image scikit-learn"):
        photographs.images("train")


def test_ones_own_are_split_by_their_order(folder):
    brightness = {
        split: [int(image[0, 0, 0]) // 10 for image in photographs.images(split, str(folder))]
        for split in ("train", "validation", "test")
    }
    assert brightness == {"train": [0, 1, 2, 5, 6, 7, 10, 11], "validation": [3, 8], "test": [4, 9]}


def test_ones_own_keep_their_sizes(folder):
    assert [image.shape for image in photographs.images("test", str(folder))] == [(50, 44, 3), (50, 49, 3)]


def test_a_photograph_that_lies_on_its_side_is_turned(folder):
    rotated = Image.Exif()
    rotated[0x0112] = 6
    Image.new("RGB", (60, 50)).save(folder / "00.jpg", exif=rotated)
    assert photographs.images("train", str(folder))[0].shape == (60, 50, 3)


def test_photographs_are_read_as_pictures_are(folder):
    """The transparent ones too, and those of 16 bits."""
    Image.fromarray(np.full((50, 40), 51200, "uint16")).save(folder / "00.png")
    Image.new("RGBA", (40, 50), (0, 0, 0, 51)).save(folder / "01.png")
    assert [image[0, 0].tolist() for image in photographs.images("train", str(folder))[:2]] == [[200] * 3, [204] * 3]


def test_wrong_folders(folder, tmp_path):
    (folder / "02.png").write_bytes(b"this is no picture")
    with pytest.raises(ValueError, match=r"02\.png cannot be read as a picture"):
        photographs.images("train", str(folder))
    for index in range(4, 12):
        (folder / f"{index:02d}.png").unlink()
    with pytest.raises(ValueError, match="it has 4 photographs, but at least 5 are needed"):
        photographs.images("train", str(folder))
    with pytest.raises(ValueError, match="there is no such folder"):
        photographs.images("train", str(tmp_path / "nowhere"))


def test_an_unknown_split():
    with pytest.raises(ValueError, match="split='all': it must be one of train, validation, test"):
        photographs.images("all")


def test_patches_are_cut_out_of_the_photographs():
    """Every pixel of this photograph is another one, so a patch tells where it was and how it was turned."""
    photograph = np.arange(40 * 50 * 3, dtype="uint16").reshape(40, 50, 3)
    photograph = np.stack([photograph[..., 0] // 3 % 50, photograph[..., 0] // 150, 7 + 0 * photograph[..., 0]], -1)
    cut = photographs.patches([photograph.astype("uint8")], 8, 400, seed=3).astype(int)
    assert cut.shape == (400, 8, 8, 3)
    places, ways = set(), set()
    for patch in cut:
        x, y = patch[..., 0], patch[..., 1]
        assert np.ptp(x) == np.ptp(y) == 7  # eight neighbouring columns and rows
        assert len({*zip(x.flat, y.flat, strict=True)}) == 64
        places.add((x.min(), y.min()))
        ways.add((x[0, 1] - x[0, 0], x[1, 0] - x[0, 0], y[0, 1] - y[0, 0], y[1, 0] - y[0, 0]))
    assert len(ways) == 8
    assert (min(places)[0], max(places)[0]) == (0, 42)
    assert (min(y for _, y in places), max(y for _, y in places)) == (0, 32)


def test_patches_are_a_function_of_the_seed(folder):
    found = photographs.images("train", str(folder))
    first, again, other = (photographs.patches(found, 16, 200, seed) for seed in (5, 5, [5, 1]))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    counts = np.unique(first[:, 0, 0, 0], return_counts=True)[1]
    assert len(counts) == 8
    assert counts.min() > 10


def test_a_patch_larger_than_a_photograph(folder):
    with pytest.raises(ValueError, match="size=45: a photograph with a side of only 40 pixels has no such patch"):
        photographs.patches(photographs.images("train", str(folder)), 45, 1)


def test_by_name_they_are_pictures_like_any_other(installed, monkeypatch):
    monkeypatch.setattr(examples, "PATCHES", 50)
    assert names.kind("photographs") == "images"
    train, test = (examples.held_in_memory("photographs", split) for split in ("train", "test"))
    assert train.shape == test.shape == (50, 32, 32, 3)
    batches, steps = examples.batches("photographs", 8)
    assert steps == 200
    assert next(batches.as_numpy_iterator()).shape == (8, 32, 32, 3)
