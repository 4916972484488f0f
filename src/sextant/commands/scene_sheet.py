"""A picture of a scene: its map seen from above, and some of its frames."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sextant.questions.naming import is_askable
from sextant.scenes import Scene

MAP_PX, MARGIN_PX, TILE = 900, 50, (400, 300)
TILES = 6
INK, FLOOR, BOX, BOX_LINE, CAMERA = "#1d2733", "#f3efe6", "#c9d8e6", "#4f6d8a", "#c0392b"


def scene_sheet(scene: Scene) -> bytes:
    """Return a PNG: bird's-eye map with boxes and cameras at the left, frames at the right."""
    pictures = [f for f in scene.frames if f.read_rgb is not None]
    picks = np.unique(np.linspace(0, len(pictures) - 1, TILES if pictures else 0).astype(int))
    columns = 0 if not pictures else 2
    sheet = Image.new("RGB", (MAP_PX + columns * TILE[0], MAP_PX), "white")
    sheet.paste(_map(scene), (0, 0))
    for k, index in enumerate(picks):
        frame = pictures[int(index)]
        assert frame.read_rgb is not None
        tile = Image.fromarray(frame.read_rgb())
        tile.thumbnail(TILE)
        x, y = MAP_PX + (k % 2) * TILE[0], (k // 2) * TILE[1]
        sheet.paste(tile, (x, y))
        font = ImageFont.load_default(15)
        draw = ImageDraw.Draw(sheet)
        draw.text((x + 6, y + 4), frame.id, "white", font, stroke_width=2, stroke_fill="black")
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def _map(scene: Scene) -> Image.Image:
    image = Image.new("RGB", (MAP_PX, MAP_PX), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(13)
    outline = scene.room.floor_polygon
    points = [o.box.corners[:, :2] for o in scene.objects]
    points += [f.center_world[None, :2] for f in scene.frames]
    points += [] if outline is None else [outline]
    everything = np.concatenate(points)
    low, high = everything.min(axis=0), everything.max(axis=0)
    scale = (MAP_PX - 2 * MARGIN_PX) / max(float((high - low).max()), 1e-6)
    middle = (low + high) / 2

    def place(xy: np.ndarray) -> list[tuple[float, float]]:
        flat = (np.atleast_2d(xy) - middle) * scale
        return [(MAP_PX / 2 + float(x), MAP_PX / 2 - float(y)) for x, y in flat]

    if outline is not None:
        draw.polygon(place(outline), fill=FLOOR, outline=INK, width=3)
    for o in sorted(scene.objects, key=lambda o: -o.box.volume_m3):
        if not is_askable(o.category):
            continue
        corners = o.box.corners
        # The four corners of the face that looks up, in order around it.
        axis = o.box.vertical_axis
        sign = np.sign(o.box.R_world_box[2, axis])
        side = [k for k in range(8) if (((k >> (2 - axis)) & 1) * 2 - 1) == sign]
        ring = corners[[side[0], side[1], side[3], side[2]], :2]
        draw.polygon(place(ring), fill=BOX, outline=BOX_LINE, width=2)
        if o.front_world is not None:
            tip = o.box.center[:2] + 0.35 * o.front_world[:2]
            start, end = place(np.stack([o.box.center[:2], tip]))
            draw.line((start, end), fill=BOX_LINE, width=2)
    taken: list[tuple[float, float, float, float]] = []
    for o in sorted(scene.objects, key=lambda o: -o.box.volume_m3):
        (at,) = place(o.box.center[:2])
        u0, v0, u1, v1 = draw.textbbox(at, o.category, font=font, anchor="mm")
        # A name over another one makes both unreadable: the larger thing keeps its own.
        if not is_askable(o.category) or any(
            u0 < b[2] and b[0] < u1 and v0 < b[3] and b[1] < v1 for b in taken
        ):
            continue
        taken.append((u0, v0, u1, v1))
        draw.text(at, o.category, fill=INK, font=font, anchor="mm",
                  stroke_width=2, stroke_fill="white")  # fmt: skip
    for f in scene.frames:
        (at,) = place(f.center_world[:2])
        (end,) = place(f.center_world[:2] + 0.25 * f.forward_world[:2])
        draw.line((at, end), fill=CAMERA, width=2)
        draw.ellipse((at[0] - 3, at[1] - 3, at[0] + 3, at[1] + 3), fill=CAMERA)
    metre = scale
    base = MAP_PX - 18
    draw.line([(MARGIN_PX, base), (MARGIN_PX + metre, base)], fill=INK, width=3)
    draw.text((MARGIN_PX + metre + 8, base), "1 m", fill=INK, font=font, anchor="lm")
    return image
