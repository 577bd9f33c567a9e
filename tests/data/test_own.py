"""The user's own pictures and points: what is read, and a sentence for everything that is wrong."""

import io
import struct
import zlib

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
    with pytest.raises(ValueError, match="it has 63 pictures, but at least 64 are needed"):
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
        (np.zeros((100, 3)), r"its shape is \(100, 3\), but \(n, 2\) is needed"),
        (np.arange(100.0), r"its shape is \(100,\), but \(n, 2\) is needed"),
        (some_points(63), "it has 63 points, but at least 64 are needed"),
        (np.where(np.arange(200).reshape(100, 2) == 7, np.nan, some_points()), "not finite numbers"),
        (np.where(np.arange(200).reshape(100, 2) == 7, np.inf, some_points()), "not finite numbers"),
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


@pytest.mark.parametrize("content", ["", "x,y\n", "1,2\n3,four\n", "1,2\n3\n", "1;2\n" * 100, "1;2;3\n2;3;5\n" * 64])
def test_wrong_tables(tmp_path, content):
    file = tmp_path / "points.csv"
    file.write_text(content)
    with pytest.raises(ValueError, match="dataset="):
        own.points(str(file))


def test_no_such_file(tmp_path):
    with pytest.raises(ValueError, match="there is no such file"):
        own.points(str(tmp_path / "nowhere.csv"))


def test_hidden_files_and_what_systems_leave_are_passed_over(folder):
    for place in (".ipynb_checkpoints", "__MACOSX", "below/@eaDir"):
        (folder / place).mkdir()
        (folder / place / "99.png").write_bytes((folder / "00.png").read_bytes())
    (folder / "._00.png").write_bytes(b"no picture")
    (folder / "Thumbs.db").write_bytes(b"no picture")
    assert len(own.images(str(folder))) == 64
    (folder / "00.png").unlink()
    with pytest.raises(ValueError, match=r"has 63 pictures, .* skipped, .*: \._00\.png, \.ipynb_.*, @eaDir and 3 more"):
        own.images(str(folder))
    hidden = folder.rename(folder.with_name(".mine"))  # what is asked for by its name is not hidden
    assert len(own.picture_files(str(hidden), 0)) == 63


def test_links_to_folders_are_followed_and_none_is_gone_through_twice(folder, tmp_path_factory):
    links = tmp_path_factory.mktemp("links")
    (links / "train").symlink_to(folder)
    (links / "again").symlink_to(folder)
    (links / "loop").symlink_to(links)
    (links / "up").symlink_to(links.parent)
    (folder / "back").symlink_to(links)
    assert len(own.images(str(links))) == 64
    plain = [file.relative_to(folder) for file in own.picture_files(str(folder), 64)]
    (folder / "aaa").symlink_to(folder / "below")
    assert [file.relative_to(folder) for file in own.picture_files(str(folder), 64)] == plain  # by the names they had


def test_what_is_transparent_is_read_as_people_see_it(folder):
    """Black strokes on nothing lie on white; white ones, of which nothing would be seen there, on black."""
    for index in range(64):
        strokes = np.zeros((40, 40, 4), "uint8")
        strokes[10:30, 18:22, 3] = 255
        strokes[..., :3] = 255 * (index % 2)
        Image.fromarray(strokes).save(folder / ("below" if index == 63 else "") / f"{index:02d}.png")
    black, white = own.images(str(folder))[:2, ..., 0]
    assert (black[0, 0], black[16, 16], white[0, 0], white[16, 16]) == (255, 0, 0, 255)


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I", "F"])
@pytest.mark.parametrize("whitest", [1.0, 255, 65535, 1e6])
def test_grey_of_many_bits_keeps_its_shades(mode, whitest):
    ramp = np.linspace(0, whitest, 256).reshape(16, 16)
    if mode.startswith("I;16"):
        ramp = ramp.clip(0, 65535).round().astype(">u2" if mode == "I;16B" else "<u2")
        seen = own.as_seen(Image.frombytes(mode, (16, 16), ramp.tobytes()))
        expected = ramp >> 8
    else:
        seen = own.as_seen(Image.fromarray(ramp.astype("float32" if mode == "F" else "int32")))
        is_dark = mode == "I" and whitest == 1  # of whole numbers 1 is nearly black
        expected = ramp.astype("int32") if is_dark else np.arange(256).reshape(16, 16)
    np.testing.assert_allclose(np.asarray(seen)[..., 0].astype(int), expected, atol=1)


def test_one_grey_of_16_bits_may_be_transparent():
    given = Image.frombytes("I;16", (2, 1), np.array([0, 40000], "<u2").tobytes())
    picture, _ = own.picture(file_of(given, transparency=40000), largest=2)
    assert picture[0, :, 0].tolist() == [0, 255]


def test_a_file_or_a_folder_where_the_other_is_needed(folder):
    with pytest.raises(ValueError, match=r"00\.png': it is a file, but a folder is needed"):
        own.images(str(folder / "00.png"))
    (folder / "below.csv").mkdir()
    with pytest.raises(ValueError, match=r"below\.csv': it is a folder, but a file is needed"):
        own.points(str(folder / "below.csv"))


@pytest.mark.parametrize("name", ["x.npz", "x.csv.gz", "x.png", "x"])
def test_a_file_that_is_of_no_use_is_not_said_to_be_missing(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ValueError, match=r"x.*': this type of file cannot be used; points must be in a \.npy or \.csv"):
        names.kind(str(tmp_path / name))


def test_a_folder_that_is_of_no_use_is_said_to_hold_what_it_holds(tmp_path):
    for name in ("train.en", "train.fr"):
        (tmp_path / name).write_text("a\n" * 99)
    with pytest.raises(ValueError, match=r"no pictures .*, and no texts such as .*; it contains train\.en, train\.fr"):
        names.kind(str(tmp_path))


def test_one_text_alone_makes_no_pairs_of_pictures(folder, tmp_path_factory):
    (folder / "x.train.txt").write_text("a")
    assert names.kind(str(folder)) == "images"
    (folder / "._y.train.txt").write_text("a")
    assert names.kind(str(folder)) == "images"
    (folder / "y.train.txt").write_text("a")
    assert names.kind(str(folder)) == "pairs"
    alone = tmp_path_factory.mktemp("alone")
    (alone / "x.train.txt").write_text("a")
    assert names.kind(str(alone)) == "pairs"


def test_what_a_name_stands_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cats").mkdir()
    assert [names.kind(name) for name in ("mnist", "ring", "moons")] == ["images", "points", "points"]
    assert [names.kind(name) for name in ("cats", "./dogs", "some/points.NPY")] == ["images", "images", "points"]
    with pytest.raises(ValueError, match=r"dataset='dogs': it must be one of mnist, ring, .* or a path"):
        names.kind("dogs")


# One picture, as it is uploaded.


def file_of(picture, kind="png", **options) -> bytes:
    """A picture as a file's bytes."""
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def some_picture(width=60, height=40) -> Image.Image:
    """Noise in colour, which no file makes much shorter."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), "uint8"))


def png_that_claims(width, height) -> bytes:
    """A PNG file of 70 bytes that says it were so large."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["png", "webp", "gif", "bmp", "jpeg"])
def test_a_picture_of_every_kind_is_read(kind):
    given = some_picture()
    picture, remark = own.picture(file_of(given, kind, **({"lossless": True} if kind == "webp" else {})), largest=60)
    assert (picture.shape, picture.dtype, remark) == ((40, 60, 3), np.uint8, "")
    if kind in ("png", "webp", "bmp"):
        np.testing.assert_array_equal(picture, np.asarray(given))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_every_mode_become_rgb(mode):
    """White in all of them, and of 16 bits the middle grey too."""
    white = {"I;16": 65535, "LA": (255, 255), "RGBA": (255, 255, 255, 255)}.get(mode, 255)
    given = Image.new("RGB", (8, 8), "white").quantize(4) if mode == "P" else Image.new(mode, (8, 8), white)
    picture, remark = own.picture(file_of(given), largest=8)
    assert (picture.shape, picture.min(), remark) == ((8, 8, 3), 255, "")
    if mode == "I;16":
        grey, _ = own.picture(file_of(Image.new("I;16", (8, 8), 32768)), largest=8)
        assert (grey == 128).all()


@pytest.mark.parametrize(
    "content",
    [b"", b"this is no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"PK\x03\x04" + bytes(100)],
    ids=["nothing", "text", "svg", "zip"],
)
def test_what_is_no_picture_is_told_what_can_be_read(content):
    with pytest.raises(ValueError, match=r"this is not a readable picture \(JPEG, PNG, WebP, GIF or BMP\)"):
        own.picture(content, largest=100)


@pytest.mark.parametrize("kind", ["tiff", "ico", "eps"])
def test_only_the_kinds_that_it_names_are_opened(kind):
    """Of others Pillow has readers that call programs (EPS), or that fail in ways of their own (TIFF)."""
    with pytest.raises(ValueError, match="this is not a readable picture"):
        own.picture(file_of(some_picture(32, 32), kind), largest=100)


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "gif", "webp"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_torn_file_gets_a_sentence(kind, share):
    whole = file_of(some_picture(), kind)
    with pytest.raises(ValueError, match=r"the picture is damaged|this is not a readable picture"):
        own.picture(whole[: int(share * len(whole))], largest=100)


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "gif", "webp"])
def test_a_damaged_file_gives_a_picture_or_a_sentence(kind):
    whole, random = file_of(some_picture(16, 16), kind), np.random.default_rng(0)
    for _ in range(100):
        content = bytearray(whole)
        for place in random.integers(0, min(len(whole), 200), 4):
            content[place] = random.integers(256)
        try:
            picture, _ = own.picture(bytes(content), largest=100)
        except ValueError as error:
            assert str(error)
        else:
            assert picture.ndim == 3 and picture.shape[2] == 3 and picture.size


@pytest.mark.parametrize("side", [10_001, 20_000])
def test_a_huge_picture_is_not_unpacked(side):
    with pytest.raises(ValueError, match=r"100,000,000 (is the maximum|pixels that can be read)"):
        own.picture(png_that_claims(side, side), largest=100)


def test_as_many_pixels_as_are_allowed_are_read(monkeypatch):
    monkeypatch.setattr(own, "MOST_PIXELS", 60 * 40)
    assert own.picture(file_of(some_picture()), largest=60)[0].shape == (40, 60, 3)
    with pytest.raises(ValueError, match="it has 61 x 40 pixels, but 2,400 is the maximum"):
        own.picture(file_of(some_picture(61)), largest=60)


def test_of_an_animation_the_first_picture_is_taken_and_it_says_so():
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
    content = file_of(frames[0], "gif", save_all=True, append_images=frames[1:], duration=50)
    picture, remark = own.picture(content, largest=20)
    np.testing.assert_array_equal(picture, np.broadcast_to([255, 0, 0], (10, 20, 3)))
    assert remark == "It is animated: only the first frame is used."


def test_what_is_transparent_lies_on_white():
    given = Image.new("RGBA", (3, 1))
    for x, alpha in enumerate((0, 51, 255)):
        given.putpixel((x, 0), (0, 0, 0, alpha))
    picture, _ = own.picture(file_of(given), largest=3)
    assert picture[0].tolist() == [[255] * 3, [204] * 3, [0] * 3]
    palette = Image.new("P", (4, 4), 3)
    picture, _ = own.picture(file_of(palette, "gif", transparency=3), largest=4)
    assert picture.min() == 255


ORIENTATION = 0x0112
UPRIGHT = {1: lambda a: a, 3: lambda a: a[::-1, ::-1], 6: lambda a: np.rot90(a, -1), 8: lambda a: np.rot90(a, 1)}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_photographs_are_turned_upright(orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    given = np.asarray(some_picture())
    picture, remark = own.picture(file_of(Image.fromarray(given), exif=exif), largest=60)
    np.testing.assert_array_equal(picture, UPRIGHT[orientation](given))
    assert remark == ""


def test_a_large_picture_is_reduced_and_it_says_so():
    picture, remark = own.picture(file_of(some_picture(300, 200)), largest=60)
    assert picture.shape == (40, 60, 3)
    assert remark == "It was reduced from 300 × 200 to 60 × 40 pixels."
    assert picture.std() < np.asarray(some_picture(300, 200)).std() / 2  # smoothed, and not just every fifth pixel
    assert own.picture(file_of(some_picture(3000, 1)), largest=60)[0].shape == (1, 60, 3)


def test_both_remarks_are_made():
    frames = [Image.new("RGB", (40, 20), colour) for colour in ("red", "blue")]
    _, remark = own.picture(file_of(frames[0], "gif", save_all=True, append_images=frames[1:]), largest=20)
    assert "animated" in remark and "reduced from 40 × 20 to 20 × 10" in remark
