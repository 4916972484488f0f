"""Objects and frames of a stored scene as parquet rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.boxes import OrientedBox
from sextant.scenes.camera import Camera
from sextant.scenes.frame import Frame
from sextant.scenes.media import read_depth, read_instances, read_rgb
from sextant.scenes.objects import Mesh, SceneObject
from sextant.scenes.sightings import Sighting, known_sightings

_VECTOR = pa.list_(pa.float64(), 3)
_SIGHTING = pa.struct(
    [
        pa.field("thing", pa.string(), nullable=False),
        pa.field("box", pa.list_(pa.float64(), 4), nullable=False),
        pa.field("pixels", pa.int64(), nullable=False),
    ]
)

OBJECT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("center", _VECTOR, nullable=False),
        pa.field("size_m", _VECTOR, nullable=False),
        pa.field("R_world_box", pa.list_(pa.float64(), 9), nullable=False),
        pa.field("front_world", _VECTOR),
        pa.field("instance_value", pa.int32(), nullable=False),
        pa.field("is_person", pa.bool_(), nullable=False),
        pa.field("attributes", pa.map_(pa.string(), pa.string()), nullable=False),
        pa.field("has_mesh", pa.bool_(), nullable=False),
        pa.field("has_points", pa.bool_(), nullable=False),
    ]
)

FRAME_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
        pa.field("fx", pa.float64(), nullable=False),
        pa.field("fy", pa.float64(), nullable=False),
        pa.field("cx", pa.float64(), nullable=False),
        pa.field("cy", pa.float64(), nullable=False),
        pa.field("T_world_camera", pa.list_(pa.float64(), 16), nullable=False),
        pa.field("timestamp_s", pa.float64()),
        pa.field("rgb", pa.string()),
        pa.field("depth", pa.string()),
        pa.field("instances", pa.string()),
        pa.field("landmarks", pa.list_(pa.int64())),
        pa.field("sightings", pa.list_(_SIGHTING)),
    ]
)
"""Matrices are written row by row; "rgb", "depth", "instances" name files in ``media/``."""

_LATER = frozenset({"landmarks", "sightings"})
"""Columns that scenes stored before there were any lack."""

MAX_CELLS = 4_000_000
"""Of one column of a stored scene: the poses of 250,000 pictures."""

MAX_LANDMARKS = 30_000_000
"""Of all pictures of a stored scene: six thousand in each of five thousand."""

_MEDIA_READERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"rgb": read_rgb, "depth": read_depth, "instances": read_instances}
)

Made = TypeVar("Made")


def object_row(item: SceneObject) -> dict[str, Any]:
    """Return the row of an object; its surface goes elsewhere."""
    return {
        "id": item.id,
        "category": item.category,
        "center": item.box.center.tolist(),
        "size_m": item.box.size_m.tolist(),
        "R_world_box": item.box.R_world_box.ravel().tolist(),
        "front_world": None if item.front_world is None else item.front_world.tolist(),
        "instance_value": item.instance_value,
        "is_person": item.is_person,
        "attributes": sorted(item.attributes.items()),
        "has_mesh": item.mesh is not None,
        "has_points": item.points_world is not None,
    }


def object_of(
    row: Mapping[str, Any], mesh: Mesh | None, points_world: NDArray[np.float64] | None
) -> SceneObject:
    """Build an object from its row and its surface."""
    front = row["front_world"]
    return SceneObject(
        id=row["id"],
        category=row["category"],
        box=OrientedBox(
            np.array(row["center"]),
            np.array(row["size_m"]),
            np.array(row["R_world_box"]).reshape(3, 3),
        ),
        mesh=mesh,
        points_world=points_world,
        front_world=None if front is None else np.array(front),
        instance_value=row["instance_value"],
        is_person=row["is_person"],
        attributes=MappingProxyType(dict(row["attributes"])),
    )


def frame_row(frame: Frame, media: Mapping[str, str]) -> dict[str, Any]:
    """Return the row of a frame whose arrays lie in the files ``media`` names."""
    camera = frame.camera
    return {
        "id": frame.id,
        "width": camera.width,
        "height": camera.height,
        "fx": camera.fx,
        "fy": camera.fy,
        "cx": camera.cx,
        "cy": camera.cy,
        "T_world_camera": frame.T_world_camera.ravel().tolist(),
        "timestamp_s": frame.timestamp_s,
        **{name: media.get(name) for name in _MEDIA_READERS},
        "landmarks": None if frame.read_landmarks is None else frame.read_landmarks().tolist(),
        "sightings": None
        if frame.read_sightings is None
        else [
            {"thing": name, "box": list(seen.box), "pixels": seen.pixels}
            for name, seen in frame.read_sightings().items()
        ],
    }


def frame_of(row: Mapping[str, Any], media: Path) -> Frame:
    """Build a frame from its row; its arrays are read from the folder ``media`` when asked for.

    Raises:
        CorruptInput: If a file name leaves the folder.
    """
    readers: dict[str, Callable[[], Any] | None] = {}
    for kind, reader in _MEDIA_READERS.items():
        name = row[kind]
        if name is not None and (name in ("", ".", "..") or any(c in name for c in "/\\:\0")):
            raise CorruptInput(
                "a file name leaves its folder", where=f"frame {row['id']}: {kind}", got=repr(name)
            )
        # A partial of a module function can be sent to another process; a lambda cannot.
        readers[kind] = (
            None if name is None else partial(reader, media / name, row["width"], row["height"])
        )
    return Frame(
        id=row["id"],
        camera=Camera(*(row[k] for k in ("width", "height", "fx", "fy", "cx", "cy"))),
        T_world_camera=np.array(row["T_world_camera"]).reshape(4, 4),
        timestamp_s=row["timestamp_s"],
        read_rgb=readers["rgb"],
        read_depth=readers["depth"],
        read_instances=readers["instances"],
        read_landmarks=None
        if row["landmarks"] is None
        else partial(_known, _landmarks(row["landmarks"], f"frame {row['id']}")),
        read_sightings=None
        if row["sightings"] is None
        else partial(known_sightings, tuple(_sighting(s) for s in row["sightings"])),
    )


def _sighting(row: Mapping[str, Any]) -> tuple[str, Sighting]:
    u0, v0, u1, v1 = row["box"]
    return row["thing"], Sighting((u0, v0, u1, v1), row["pixels"])


def _landmarks(ids: pa.Int64Array, where: str) -> NDArray[np.int64]:
    if ids.null_count:
        raise CorruptInput("landmarks have holes", where=where)
    return np.array(ids, dtype=np.int64)


def _known(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    return ids


def write_table(path: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> None:
    """Write rows as parquet (zstd, with page checksums)."""
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(list(rows), schema=schema)
    pq.write_table(table, path, compression="zstd", version="2.6", write_page_checksum=True)


def read_table(path: Path, schema: pa.Schema) -> list[dict[str, Any]]:
    """Read rows and check that they are of the schema and lack nothing.

    Raises:
        MissingInput: If the file is not there.
        CorruptInput: If it is damaged, or a column is missing, of another type, has holes, or has
            more cells than ``MAX_CELLS``.
    """
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            found = file.schema_arrow
            for field in schema:
                index = found.get_field_index(field.name)
                if index < 0 and field.name in _LATER:
                    continue
                if index < 0 or found.field(index).type != field.type:
                    raise CorruptInput(
                        "a column is missing or of another type",
                        where=f"{path}: {field.name}",
                        expected=field.type,
                        got="nothing" if index < 0 else found.field(index).type,
                    )
            _check_cells(file.metadata, path)
            table = file.read(columns=[n for n in schema.names if n in found.names])
        rows = _rows(table)
        lacking = dict.fromkeys(_LATER.intersection(schema.names) - set(table.column_names))
        rows = [row | lacking for row in rows] if lacking else rows
    except FileNotFoundError as error:
        raise MissingInput("a file of the scene is missing", where=path) from error
    except (pa.ArrowException, OSError, ValueError) as error:
        # ValueError: texts, also those of the footer, that are not UTF-8.
        message = (str(error).splitlines() or [type(error).__name__])[0]
        raise CorruptInput("cannot decode a table", where=path, got=message) from error
    for field in schema:
        if not field.nullable and table.column(field.name).null_count:
            raise CorruptInput("a column has empty cells", where=f"{path}: {field.name}")
    return rows


def _check_cells(metadata: Any, path: Path) -> None:
    """Refuse a file of few bytes that would unpack to gigabytes: packed, zeros cost nothing."""
    cells: Counter[str] = Counter()
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            cells[column.path_in_schema] += column.num_values
    for name, count in cells.items():
        most = MAX_LANDMARKS if name.partition(".")[0] == "landmarks" else MAX_CELLS
        if count > most:
            raise CorruptInput(
                "a column has too many cells", where=f"{path}: {name}", expected=f"<= {most}",
                got=count,
            )  # fmt: skip


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows; landmarks stay arrays, because there are millions of them."""
    if "landmarks" not in table.column_names:
        return list(table.to_pylist())
    rows: list[dict[str, Any]] = table.drop_columns(["landmarks"]).to_pylist()
    for row, ids in zip(rows, table.column("landmarks"), strict=True):
        row["landmarks"] = ids.values
    return rows


def placed(path: Path, make: Callable[[], Made]) -> Made:
    """Call ``make`` and let its complaints name the file the values came from."""
    try:
        return make()
    except (ConventionError, CorruptInput) as error:
        where = str(path) if error.where is None else f"{path}: {error.where}"
        raise type(error)(
            error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
        ) from error
    except (TypeError, ValueError) as error:
        # Holes inside lists, texts that are no numbers: whatever the schema cannot say.
        raise CorruptInput("a row holds no such values", where=path, got=error) from error
