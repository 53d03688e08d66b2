"""Writes one picture of every colour model and bit depth that PNG, JPEG and WebP have, and what
cv2.imread(path) gives for it.

    python pictures.py <folder>        # needs opencv-python-headless, numpy, Pillow; run.mjs does this

Writes <folder>/<name>.<ending>, <folder>/<name>.rgb (the pixels as RGB bytes) and
<folder>/list.json: [{file, height, width}], where height is 0 for a file that OpenCV refuses.
run.mjs compares them with ours.
"""
import io
import json
import struct
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

HEIGHT, WIDTH = 40, 56
OUT = Path(sys.argv[1])
NAMES = []


def scene(channels, levels=256):
    """Waves and a little noise: smooth enough for JPEG, and no two rows or columns alike."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [0.5 + 0.35 * np.sin(x / (5 + c) + c) * np.cos(y / (7 - c)) + 0.1 * x / WIDTH for c in range(channels)]
    noisy = np.stack(planes, -1) + rng.normal(0, 0.02, (HEIGHT, WIDTH, channels))
    return np.clip(noisy * (levels - 1), 0, levels - 1).round().astype(np.uint16 if levels > 256 else np.uint8)


def save(name, data):
    NAMES.append(name)
    (OUT / name).write_bytes(data)


# --- PNG, by hand: Pillow writes only some of its kinds.


def chunk(name, data=b""):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(rows, depth):
    """Rows of samples, most significant first, each after filter 0."""
    if depth == 16:
        return b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    if depth == 8:
        return b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in rows)
    bits = [((row[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8).ravel() for row in rows]
    return b"".join(b"\0" + np.packbits(row).tobytes() for row in bits)


ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def png(samples, depth, colour, before=(), interlaced=False):
    def rows(part):
        return [row.reshape(-1) for row in part]

    if interlaced:
        raw = b"".join(packed(rows(samples[top::down, left::right]), depth) for top, left, down, right in ADAM7)
    else:
        raw = packed(rows(samples), depth)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, int(interlaced))
    parts = [chunk(b"IHDR", header), *(chunk(*each) for each in before), chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def exif_block(orientation, order="MM"):
    mark = ">" if order == "MM" else "<"
    return order.encode() + struct.pack(mark + "HIHHHIHHI", 42, 8, 1, 0x112, 3, 1, orientation, 0, 0)


def write_pngs():
    kinds = {"grey": (0, 1), "rgb": (2, 3), "grey-alpha": (4, 2), "rgba": (6, 4)}
    for kind, (colour, channels) in kinds.items():
        for depth in (8, 16):
            for interlaced in (False, True):
                name = f"png-{kind}-{depth}{'-interlaced' if interlaced else ''}.png"
                save(name, png(scene(channels, 2**depth), depth, colour, interlaced=interlaced))
    for depth in (1, 2, 4):
        save(f"png-grey-{depth}.png", png(scene(1, 2**depth), depth, 0))
    for depth in (1, 2, 4, 8):
        colours = (b"PLTE", np.random.default_rng(1).integers(0, 256, 3 * 2**depth, np.uint8).tobytes())
        save(f"png-palette-{depth}.png", png(scene(1, 2**depth), depth, 3, [colours]))
        seen = (b"tRNS", bytes(range(0, 2**depth)))
        save(f"png-palette-{depth}-trns.png", png(scene(1, 2**depth), depth, 3, [colours, seen]))
    for depth in (8, 16):
        middle = 2 ** (depth - 1)
        save(f"png-grey-{depth}-trns.png", png(scene(1, 2**depth), depth, 0, [(b"tRNS", struct.pack(">H", middle))]))
        save(f"png-rgb-{depth}-trns.png", png(scene(3, 2**depth), depth, 2, [(b"tRNS", struct.pack(">HHH", *[middle] * 3))]))
    gamma = (b"gAMA", struct.pack(">I", 100000))
    for depth in (8, 16):
        save(f"png-rgb-{depth}-gama.png", png(scene(3, 2**depth), depth, 2, [gamma]))
    save("png-grey-16-gama.png", png(scene(1, 2**16), 16, 0, [gamma]))
    save("png-rgb-8-srgb.png", png(scene(3), 8, 2, [(b"sRGB", b"\0")]))
    save("png-rgb-8-bkgd.png", png(scene(3), 8, 2, [(b"bKGD", struct.pack(">HHH", 1, 2, 3))]))
    save("png-rgba-8-bkgd.png", png(scene(4), 8, 6, [(b"bKGD", struct.pack(">HHH", 1, 2, 3))]))
    save("png-rgb-8-sbit.png", png(scene(3), 8, 2, [(b"sBIT", b"\5\5\5")]))
    save("png-rgb-8-exif6.png", png(scene(3), 8, 2, [(b"eXIf", exif_block(6))]))
    save("png-rgba-8-exif3.png", png(scene(4), 8, 6, [(b"eXIf", exif_block(3, "II"))]))
    save("png-grey-16-exif6.png", png(scene(1, 2**16), 16, 0, [(b"eXIf", exif_block(6))]))
    late = png(scene(3), 8, 2)
    save("png-rgb-8-exif6-behind.png", late[:-12] + chunk(b"eXIf", exif_block(6)) + late[-12:])
    image = Image.fromarray(scene(3))
    save("png-rgb-8-icc.png", written(image, "PNG", icc_profile=wide_profile()))
    frames = [image, Image.fromarray(scene(3)[::-1].copy())]
    save("png-animated.png", written(frames[0], "PNG", save_all=True, append_images=frames[1:]))


# --- JPEG and WebP, by Pillow.


def written(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def wide_profile():
    """A profile that would change the colours if anything heeded it: sRGB with red and blue in each
    other's place.
    """
    from PIL import ImageCms

    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data.replace(b"rXYZ", b"xXYZ").replace(b"bXYZ", b"rXYZ").replace(b"xXYZ", b"bXYZ")


def app1(data):
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def with_segments(jpeg, *segments):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def exif_segment(orientation, order="MM"):
    return app1(b"Exif\0\0" + exif_block(orientation, order))


def write_jpegs():
    rgb = Image.fromarray(scene(3))
    for name, sampling in {"444": 0, "422": 1, "420": 2}.items():
        for quality in (35, 95):
            save(f"jpg-{name}-q{quality}.jpg", written(rgb, "JPEG", quality=quality, subsampling=sampling))
    samplings = {"440": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440, "411": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411}
    for name, sampling in samplings.items():
        options = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling, cv2.IMWRITE_JPEG_QUALITY, 90]
        save(f"jpg-{name}.jpg", cv2.imencode(".jpg", scene(3), options)[1].tobytes())
    save("jpg-progressive.jpg", written(rgb, "JPEG", quality=90, progressive=True))
    save("jpg-optimised.jpg", written(rgb, "JPEG", quality=90, optimize=True))
    save("jpg-restarts.jpg", written(rgb, "JPEG", quality=90, restart_marker_blocks=3))
    save("jpg-grey.jpg", written(Image.fromarray(scene(1)[..., 0]), "JPEG", quality=90))
    save("jpg-rgb.jpg", written(rgb, "JPEG", quality=90, keep_rgb=True))
    cmyk = Image.fromarray(scene(4), "CMYK")
    save("jpg-cmyk.jpg", written(cmyk, "JPEG", quality=90))
    save("jpg-cmyk-icc.jpg", written(cmyk, "JPEG", quality=90, icc_profile=wide_profile()))
    ycck = written(cmyk, "JPEG", quality=90)
    at = ycck.index(b"Adobe")
    save("jpg-ycck.jpg", ycck[: at + 11] + b"\2" + ycck[at + 12 :])
    save("jpg-cmyk-plain.jpg", ycck[: at - 4] + ycck[at + 12 :])
    save("jpg-icc.jpg", written(rgb, "JPEG", quality=90, icc_profile=wide_profile()))
    plain = written(rgb, "JPEG", quality=90)
    for orientation in range(10):
        save(f"jpg-exif{orientation}.jpg", with_segments(plain, exif_segment(orientation)))
        save(f"jpg-exif{orientation}-intel.jpg", with_segments(plain, exif_segment(orientation, "II")))
    xmp = app1(b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")
    save("jpg-exif6-behind-xmp.jpg", with_segments(plain, xmp, exif_segment(6)))
    save("jpg-exif6-before-xmp.jpg", with_segments(plain, exif_segment(6), xmp))
    save("jpg-exif6-behind-exif1.jpg", with_segments(plain, exif_segment(1), exif_segment(6)))
    save("jpg-exif6-behind-jfif.jpg", plain[:20] + exif_segment(6) + plain[20:])
    long = b"MM" + struct.pack(">HIHHHII", 42, 8, 1, 0x112, 4, 1, 6) + b"\0\0\0\0"
    save("jpg-exif6-as-long.jpg", with_segments(plain, app1(b"Exif\0\0" + long)))
    two = b"II" + struct.pack("<HIH", 42, 8, 2) + struct.pack("<HHII", 0x110, 2, 4, 0x414243) + struct.pack("<HHIHH", 0x112, 3, 1, 8, 0) + b"\0" * 4
    save("jpg-exif8-second-entry.jpg", with_segments(plain, app1(b"Exif\0\0" + two)))
    cut = b"MM" + struct.pack(">HIHHHIH", 42, 8, 1, 0x112, 3, 1, 6)
    save("jpg-exif6-cut-off.jpg", with_segments(plain, app1(b"Exif\0\0" + cut)))
    save("jpg-exif-garbage.jpg", with_segments(plain, app1(b"Exif\0\0" + b"MM\0*" + b"\xff" * 20)))
    grey = written(Image.fromarray(scene(1)[..., 0]), "JPEG", quality=90)
    save("jpg-grey-exif6.jpg", with_segments(grey, exif_segment(6)))
    save("jpg-cmyk-exif6.jpg", with_segments(written(cmyk, "JPEG", quality=90), exif_segment(6)))
    save("jpg-420-exif5.jpg", with_segments(written(rgb, "JPEG", quality=90, subsampling=2), exif_segment(5)))
    save("jpg-trailing-bytes.jpg", plain + bytes(100))


def write_webps():
    rgb, rgba = Image.fromarray(scene(3)), Image.fromarray(scene(4), "RGBA")
    for name, image in {"rgb": rgb, "rgba": rgba}.items():
        save(f"webp-lossless-{name}.webp", written(image, "WEBP", lossless=True))
        save(f"webp-lossy-{name}.webp", written(image, "WEBP", quality=80))
        save(f"webp-lossless-{name}-exact.webp", written(image, "WEBP", lossless=True, exact=True))
    save("webp-lossy-icc.webp", written(rgb, "WEBP", quality=80, icc_profile=wide_profile()))
    exif = b"Exif\0\0" + exif_block(6)
    for name, options in {"lossy": {"quality": 80}, "lossless": {"lossless": True}}.items():
        save(f"webp-{name}-exif6.webp", written(rgb, "WEBP", exif=exif, **options))
        save(f"webp-{name}-exif6-bare.webp", written(rgb, "WEBP", exif=exif_block(6), **options))
    save("webp-animated.webp", written(rgb, "WEBP", save_all=True, append_images=[Image.fromarray(scene(3)[::-1].copy())], lossless=True))


def read_all():
    found = []
    for name in NAMES:
        pixels = cv2.imread(str(OUT / name))
        size = (0, 0) if pixels is None else pixels.shape[:2]
        if pixels is not None:
            (OUT / f"{name}.rgb").write_bytes(pixels[..., ::-1].tobytes())
        found.append({"file": name, "height": size[0], "width": size[1]})
    (OUT / "list.json").write_text(json.dumps({"opencv": cv2.__version__, "pictures": found}))


OUT.mkdir(parents=True, exist_ok=True)
write_pngs()
write_jpegs()
write_webps()
read_all()
