"""The user's own pictures and points: what is read, and a sentence for everything that is wrong."""

import numpy as np
import pytest
from PIL import Image

from dlsuite.data import names, own


@pytest.fixture
def folder(tmp_path):
    """64 grey pictures of 40 x 20, black but for a white middle; one of them in a folder below."""
    picture = np.zeros((20, 40), "uint8")
    picture[:, 10:30] = 255
    (tmp_path / "below").mkdir()
    for index in range(64):
        Image.fromarray(picture).save(tmp_path / ("below" if index == 63 else "") / f"{index:02d}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def write_points(file, points, header=""):
    np.savetxt(file, points, delimiter=",", header=header, comments="")
    return str(file)


def some_points(n=100):
    return np.random.default_rng(0).normal([50, -3], [4, 1], (n, 2))


def test_grey_pictures_are_cut_to_their_middle(folder):
    pictures = own.images(str(folder))
    assert (pictures.shape, pictures.dtype) == ((64, 32, 32, 1), np.uint8)
    assert pictures[:, :, 4:-4].min() > 240  # the middle square is all white; its edges are smoothed


def test_one_picture_in_colour_makes_three_channels(folder):
    Image.new("RGB", (50, 50), (200, 10, 10)).save(folder / "aa.jpg")
    pictures = own.images(str(folder))
    assert pictures.shape == (65, 32, 32, 3)
    np.testing.assert_allclose(pictures[63], np.broadcast_to([200, 10, 10], (32, 32, 3)), atol=4)  # by name, after 62


def test_pictures_with_a_palette_or_transparency_are_read(folder):
    Image.new("RGBA", (32, 32), (255, 255, 255, 128)).save(folder / "clear.png")
    Image.new("P", (32, 32)).save(folder / "palette.gif")
    assert own.images(str(folder)).shape == (66, 32, 32, 1)


def test_too_few_pictures(folder):
    (folder / "00.png").unlink()
    with pytest.raises(ValueError, match="it holds 63 pictures, and at least 64 are needed"):
        own.images(str(folder))


def test_a_picture_that_cannot_be_read(folder):
    (folder / "05.png").write_bytes(b"this is no picture")
    with pytest.raises(ValueError, match=r"05\.png cannot be read as a picture"):
        own.images(str(folder))


def test_a_torn_picture(folder):
    content = (folder / "05.png").read_bytes()
    (folder / "05.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"05\.png cannot be read as a picture"):
        own.images(str(folder))


def test_no_such_folder(tmp_path):
    with pytest.raises(ValueError, match="there is no such folder"):
        own.images(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("header", ["", "x,y", '"width","height"'])
def test_points_of_a_table(tmp_path, header):
    points = own.points(write_points(tmp_path / "points.csv", some_points(), header))
    assert (points.shape, points.dtype) == ((100, 2), np.float32)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.mean(np.sum(points**2, axis=1))), 2, rtol=1e-5)
    given = some_points()
    ratio = points.std(axis=0) / given.std(axis=0)
    np.testing.assert_allclose(ratio[0], ratio[1], rtol=1e-5)  # one scale for both axes: the shape is kept


def test_points_in_exponent_notation_are_no_header(tmp_path):
    assert own.points(write_points(tmp_path / "points.csv", some_points() * 1e-20)).shape == (100, 2)


def test_points_of_an_array_equal_those_of_a_table(tmp_path):
    np.save(tmp_path / "points.npy", some_points())
    from_table = own.points(write_points(tmp_path / "points.csv", some_points()))
    np.testing.assert_allclose(own.points(str(tmp_path / "points.npy")), from_table, atol=1e-6)


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (np.zeros((100, 3)), r"its shape is \(100, 3\), and \(n, 2\) is needed"),
        (np.arange(100.0), r"its shape is \(100,\), and \(n, 2\) is needed"),
        (some_points(63), "it holds 63 points, and at least 64 are needed"),
        (np.where(np.arange(200).reshape(100, 2) == 7, np.nan, some_points()), "no finite numbers"),
        (np.where(np.arange(200).reshape(100, 2) == 7, np.inf, some_points()), "no finite numbers"),
        (np.full((100, 2), 0.1), "all its points coincide"),
        (np.full((100, 2), "word"), "it cannot be read as numbers"),
    ],
)
def test_wrong_points(tmp_path, points, sentence):
    np.save(tmp_path / "points.npy", points)
    with pytest.raises(ValueError, match=sentence):
        own.points(str(tmp_path / "points.npy"))


def test_a_pickle_is_not_opened(tmp_path):
    np.save(tmp_path / "points.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="it cannot be read as numbers"):
        own.points(str(tmp_path / "points.npy"))


@pytest.mark.parametrize("content", ["", "x,y\n", "1,2\n3,four\n", "1,2\n3\n", "1;2\n" * 100])
def test_wrong_tables(tmp_path, content):
    file = tmp_path / "points.csv"
    file.write_text(content)
    with pytest.raises(ValueError, match="dataset="):
        own.points(str(file))


def test_no_such_file(tmp_path):
    with pytest.raises(ValueError, match="there is no such file"):
        own.points(str(tmp_path / "nowhere.csv"))


def test_what_a_name_stands_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cats").mkdir()
    assert [names.kind(name) for name in ("mnist", "ring", "moons")] == ["images", "points", "points"]
    assert [names.kind(name) for name in ("cats", "./dogs", "some/points.NPY")] == ["images", "images", "points"]
    with pytest.raises(ValueError, match=r"dataset='dogs': it is one of mnist, ring, .* or a path"):
        names.kind("dogs")
