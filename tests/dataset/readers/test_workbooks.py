"""Workbooks: rows as openpyxl reads them, and nothing in memory beyond what may be there."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from claimclf.dataset.blocks import open_blocks
from claimclf.dataset.readers import sheets
from claimclf.dataset.readers.base import Opening
from claimclf.dataset.reading import parse, read_table
from claimclf.errors import ClaimclfError, EmptyTableError, NotATableError, OverLimitError
from claimclf.schema import SHELL_LIMITS, UPLOAD_LIMITS, Limits

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
#: What there is in a workbook of one sheet beside its rows and texts.
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{KIND}.sharedStrings+xml"/></Types>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
}
BOTH_LIMITS = pytest.mark.parametrize("limits", [UPLOAD_LIMITS, SHELL_LIMITS])


def with_parts(content: bytes, **parts: bytes) -> bytes:
    """Replace parts of a workbook, by the last part of their name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            own = name.rpartition("/")[2].partition(".")[0]
            new.writestr(name, parts.get(own, old.read(name)), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def workbook(rows: str, texts: list[str] | None = None, head: str = "") -> bytes:
    """A workbook with a header of two columns, and what stands below and before it as XML."""
    header = f"<row>{inline('video_id')}{inline('video_transcription_text')}</row>"
    sheet = f'{head}<worksheet xmlns="{MAIN}"><sheetData>{header}{rows}</sheetData></worksheet>'
    items = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts or [])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in PARTS.items():
            archive.writestr(name, part)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{items}</sst>')
    return stream.getvalue()


def inline(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def shared(number: int = 0) -> str:
    return f'<c t="s"><v>{number}</v></c>'


def row(*cells: str) -> str:
    return f"<row>{''.join(cells)}</row>"


def sizes(content: bytes, limits: Limits = SHELL_LIMITS, size: int = 2**24) -> list[int]:
    """Read a workbook; return how many bytes its blocks have."""
    with open_blocks(content, "videos.xlsx", limits=limits, size=size) as blocks:
        return [len(block.content) for block in blocks]


def of_all_kinds() -> bytes:
    """A workbook with cells of all kinds, gaps, and rows and columns that are left out."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    bold = TextBlock(InlineFont(b=True), "bold ")
    cells = [
        ["a", 1, 1.5, -3, 2**60, 1e300, True, False, None, "", " blanks "],
        [datetime(2024, 2, 29, 12, 30), time(1, 2, 3), timedelta(hours=30), datetime(2024, 1, 1)],
        [
            "=1/0",
            "#N/A",
            "1",
            "é€😀",
            "a\nb",
            "<&>",
            "a_x000D_b",
            "_x005F_x",
            CellRichText(bold, "c"),
        ],
        [],
        [None, None, "third"],
    ]
    for line in cells:
        sheet.append(line)
    sheet["F9"] = "far"
    sheet["AB12"] = 12
    sheet["B12"].number_format = "yyyy-mm-dd"
    sheet["B12"] = 45_000
    sheet["C12"].number_format = "yyyy-mm-dd"
    sheet["C12"] = 1e12
    return saved(book)


def as_others_write_it(content: bytes, how: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    if how == "with prefixes":
        sheet = sheet.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
        sheet = sheet.replace("<x:?", "<?").replace("xmlns=", "xmlns:x=")
    if how == "without places":
        sheet = sheet.replace(' r="AB12"', "").replace(' r="1"', "").replace(' r="2"', ' r="2.0"')
    if how == "rows again":
        first = sheet[sheet.index("<row ") : sheet.index("</row>") + len("</row>")]
        sheet = sheet.replace("</sheetData>", first + "</sheetData>")
    return with_parts(content, sheet1=sheet.encode())


def filled(row: Mapping[int, Any]) -> dict[int, Any]:
    return {place: value for place, value in row.items() if value not in (None, "")}


@pytest.mark.parametrize("how", ["as it is", "with prefixes", "without places", "rows again"])
@pytest.mark.filterwarnings("ignore:Cell")
def test_values_are_those_that_openpyxl_reads(how: str) -> None:
    content = as_others_write_it(of_all_kinds(), how)
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    expected = {n: list(row) for n, row in enumerate(sheet.iter_rows(values_only=True), 1) if row}
    read = sheets.open_book(io.BytesIO(content), Opening(content, "videos.xlsx"))
    assert len(expected) == 6
    assert {n: filled(row) for n, row in read.rows(0, None) if filled(row)} == {
        n: filled(dict(enumerate(row))) for n, row in expected.items()
    }


def test_how_a_text_is_spoken_is_none_of_its_words() -> None:
    spoken = "<si><r><t>to</t></r><r><t>kyo</t></r><rPh sb='0' eb='1'><t>TO</t></rPh></si>"
    content = with_parts(
        workbook(row(inline("1"), shared())),
        sharedStrings=f'<sst xmlns="{MAIN}">{spoken}</sst>'.encode(),
    )
    assert read_table(content).frame.iloc[0].tolist() == ["1", "tokyo"]


# A text that cells share is in the file once, and in as many cells as it likes.


def test_text_that_cells_share_counts_for_each_of_them() -> None:
    rows = row(inline("1"), shared()) * 100
    content = workbook(rows, ["x" * 1_000])
    assert sum(sizes(content)) > 100_000
    read: list[int] = []
    with (
        pytest.raises(OverLimitError, match="too many bytes"),
        open_blocks(content, limits=Limits(size=50_000), size=5_000) as blocks,
    ):
        read.extend(len(block.content) for block in blocks)
    assert 0 < sum(read) < 60_000


def test_limit_is_of_bytes_not_of_characters() -> None:
    content = workbook(row(inline("1"), shared()) * 10, ["é" * 1_000])
    sizes(content, Limits(size=21_000))
    with pytest.raises(OverLimitError, match="too many bytes"):
        sizes(content, Limits(size=19_000))


def test_blocks_are_of_the_size_that_was_asked_for_whatever_cells_share() -> None:
    rows = row(inline("1"), shared()) * 100 + row() + row(inline("2"), shared()) * 100
    with open_blocks(workbook(rows, ["x" * 1_000]), size=10_000) as blocks:
        found = [(block.line, block.rows, len(block.content)) for block in blocks]
        assert max(n_bytes for _, _, n_bytes in found) < 15_000
        assert sum(n_rows for _, n_rows, _ in found) == 200
        assert [line for line, _, _ in found[:2]] == [2, 2 + found[0][1]]


def test_texts_are_counted_that_no_cell_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets._Rows, "read", lambda _: pytest.fail("rows were read"))
    content = workbook(row(inline("1")), ["x" * 1_000] * 30)
    with pytest.raises(OverLimitError, match="too many bytes"):
        sizes(content, Limits(size=20_000))


def test_texts_that_cells_share_are_bounded_also_without_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sheets, "MOST_SHARED", 1_000)
    sizes(workbook(row(inline("1"), shared()), [""] * 10))
    with pytest.raises(OverLimitError, match="too many bytes of text"):
        sizes(workbook(row(inline("1"), shared()), [""] * 40))


# Excel opens no wider row, longer cell or longer sheet.


@BOTH_LIMITS
def test_row_of_more_cells_than_a_sheet_has_columns_is_refused_while_it_arrives(
    limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, read = workbook(row("<c/>" * 200_000)), []
    monkeypatch.setattr(sheets, "_PIECE", 2**12)
    parsed = sheets._Part._pieces

    def counted(part: sheets._Part) -> object:
        for _ in parsed(part):
            read.append(2**12)
            yield

    monkeypatch.setattr(sheets._Part, "_pieces", counted)
    with pytest.raises(OverLimitError, match=r"too many cells in a row\. .*16,384 in row 2;"):
        sizes(content, limits)
    assert sum(read) < 20_000 * len("<c/>")


@pytest.mark.parametrize("cell", ["<c/>" * 16_384, '<c r="XFD2"/>'])
def test_row_of_as_many_cells_as_a_sheet_has_columns_is_read(cell: str) -> None:
    table = read_table(workbook(row(cell) + row(inline("1"), inline("x"))))
    assert table.frame.iloc[0].tolist() == ["1", "x"]
    with pytest.raises(OverLimitError, match="too many cells"):
        read_table(workbook(row(cell + inline("x"))))


def test_row_with_more_filled_cells_than_the_limit_is_refused() -> None:
    limits = Limits(columns=5)
    for blanks in ('<c s="0"/>' * 9, ""):
        assert sizes(workbook(row(inline("1") * 5 + blanks)), limits)
        with pytest.raises(OverLimitError, match=r"too many columns\. Found: 6; the limit is 5\."):
            sizes(workbook(row(inline("1") * 6 + blanks)), limits)


@BOTH_LIMITS
@pytest.mark.parametrize("how", ["in the cell", "shared", "of a formula"])
def test_cell_is_as_long_as_in_excel_and_no_longer(how: str, limits: Limits) -> None:
    def content(text: str) -> bytes:
        cell = {
            "in the cell": inline(text),
            "shared": shared(),
            "of a formula": f'<c t="str"><f>A1</f><v>{text}</v></c>',
        }
        return workbook(row(inline("1"), cell[how]), [text] if how == "shared" else [])

    for text in ("x" * 32_767, "x" * 32_667 + "_x000D_" * 100):
        assert read_table(content(text), limits=limits).frame.iloc[0, 1] == text
        place = "" if how == "shared" else " in cell B2"
        found = rf"Found: more than 32,767 characters{place}; .* Save the sheet as CSV\."
        with pytest.raises(OverLimitError, match=found):
            read_table(content(text + "y"), limits=limits)


@BOTH_LIMITS
def test_cell_of_any_length_is_refused_while_it_arrives(limits: Limits) -> None:
    content = workbook(row(inline("_x000D_" * 40_000)))
    with pytest.raises(OverLimitError, match="in cell A2"):
        sizes(content, limits)


def test_texts_of_one_row_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook(row(inline("x" * 900) * 4))
    with pytest.raises(OverLimitError, match="too many bytes"):
        sizes(content, Limits(size=3_000))
    assert sizes(content)
    monkeypatch.setattr(sheets, "MOST_IN_ROW", 3_000)
    with pytest.raises(OverLimitError, match=r"too much text in a row\. .* in row 2\."):
        sizes(content)


@pytest.mark.parametrize(
    "rows", ["<row/>" * 2_000, '<row r="1"/>' * 2_000, '<row r="1001"/>', '<row r="5000.0"/>']
)
def test_sheet_of_more_rows_than_excel_has_is_refused(
    rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EmptyTableError):
        sizes(workbook(rows))
    monkeypatch.setattr(sheets, "MOST_ROWS", 1_000)
    with pytest.raises(OverLimitError, match="too many rows in a sheet"):
        sizes(workbook(rows))


# Parts of which trees are made, and XML that no program writes.


@pytest.mark.parametrize(("bound", "found"), [("MOST_IN_PART", "bytes"), ("MOST_TAGS", "tags")])
def test_what_is_beside_the_rows_is_bounded(
    bound: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, bound, 3)
    with pytest.raises(OverLimitError, match=rf"too much beside its rows.* Found: \S+ {found} in"):
        sizes(workbook(row(inline("1"))))


def formatted(code: str, n_styles: int = 1) -> bytes:
    """A workbook with a number in a format of its own."""
    styles = f"""<styleSheet xmlns="{MAIN}"><numFmts count="1">
        <numFmt numFmtId="164" formatCode="{code}"/></numFmts><cellXfs>
        {'<xf numFmtId="164"/>' * n_styles}</cellXfs></styleSheet>"""
    cell = f'<c s="{n_styles - 1}"><v>45000</v></c>'
    rows = row(inline("posted_at")) + row(cell)
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    return with_parts(saved(openpyxl.Workbook()), styles=styles.encode(), sheet1=sheet.encode())


def test_format_is_as_long_as_in_excel_and_no_longer() -> None:
    code = "yyyy" + " " * (sheets.LONGEST_FORMAT - 4)
    table = read_table(formatted(code, 3), "videos.xlsx")
    assert table.frame.iloc[0, 0].startswith("2023-03-15")
    with pytest.raises(NotATableError, match="damaged data"):
        read_table(formatted(f"{code} "), "videos.xlsx")


def test_styles_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    content = formatted("yyyy", 30)
    monkeypatch.setattr(sheets, "MOST_STYLES", 30)
    with pytest.raises(OverLimitError, match="too many formats"):
        sizes(content)


@pytest.mark.parametrize("part", ["workbook", "[Content_Types]"])
def test_part_of_which_a_tree_is_made_declares_no_entities(part: str) -> None:
    """They unpack to a hundred times as much as stands there."""
    content = saved(openpyxl.Workbook())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(f"{part}.xml"))
        whole = archive.read(name)
    assert not whole.startswith(b"<?")
    declared = b'<!DOCTYPE x [<!ENTITY a "a">]>' + whole
    for encoded in (declared, declared.decode().encode("utf-16")):
        with pytest.raises(NotATableError, match="damaged data"):
            read_table(with_parts(content, **{part: encoded}), "videos.xlsx")


def test_attributes_of_such_a_part_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    many = " ".join(f'a{number}="1"' for number in range(100))
    content = with_parts(workbook(row(inline("1"))), workbook=f"<workbook {many}/>".encode())
    monkeypatch.setattr(sheets, "MOST_TAGS", 100)
    with pytest.raises(OverLimitError, match=r"too much beside its rows\. Found: 101 tags"):
        sizes(content)


def test_sheets_are_bounded_and_each_is_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    book = openpyxl.Workbook()
    for sheet in (*book.worksheets, book.create_sheet()):
        sheet.append(["video_id"])
        sheet.append(["7000000000000000001"])
    content = saved(book)
    assert len(read_table(content, "videos.xlsx").frame) == 1
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            is_of_sheets = name.endswith("workbook.xml.rels")
            new.writestr(name, part.replace(b"sheet2.xml", b"sheet1.xml") if is_of_sheets else part)
    with pytest.raises(NotATableError, match="damaged data"):
        read_table(stream.getvalue(), "videos.xlsx")
    monkeypatch.setattr(sheets, "MOST_SHEETS", 1)
    with pytest.raises(OverLimitError, match="too many sheets"):
        read_table(content, "videos.xlsx")


def test_header_is_looked_for_in_few_rows_whatever_their_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = workbook('<row r="1"/>' * 20_000)
    read = sheets.open_book(io.BytesIO(content), Opening(content, "videos.xlsx"))
    monkeypatch.setattr(sheets, "MOST_ROWS", 10_000)  # there is an end to it before that
    assert len(list(read.rows(0, 20))) == 1
    with pytest.raises(OverLimitError):
        list(read.rows(0, None))


def test_row_whose_last_cell_is_far_out_is_as_small_as_what_is_in_it() -> None:
    far = row('<c r="XFD1"/>') + row('<c r="XFC1"><v>5</v></c>')
    read = sheets.open_book(io.BytesIO(workbook(far)), Opening(b"", "videos.xlsx"))
    _, *below = (dict(values) for _, values in read.rows(0, None))
    assert below == [{}, {16_382: 5}]


def test_value_within_something_else_of_a_cell_is_none_of_its_own() -> None:
    cell = "<c><v>1</v><extLst><ext><v>7</v></ext></extLst></c>"
    read = sheets.open_book(io.BytesIO(workbook(row(cell))), Opening(b"", "videos.xlsx"))
    assert [dict(values) for _, values in read.rows(0, None)][1:] == [{0: 1}]


@pytest.mark.parametrize(
    "content",
    [
        workbook(row(inline("1")), head='<!DOCTYPE x [<!ENTITY a "a">]>'),
        workbook("<x>" * 200 + "</x>" * 200),
        workbook(row(f"<c><v>{'<v>' * 200}{'</v>' * 200}</v></c>")),
        workbook("".join(f"<x{number}/>" for number in range(3_000))),
        workbook("".join(f'<row y{number}="1"/>' for number in range(3_000))),
        workbook(row(row(inline("1")))),
        workbook('<row r="1.5"/>'),
    ],
    ids=["entity", "depth", "depth in a cell", "names", "names in a row", "row in row", "half row"],
)
def test_xml_that_no_program_writes_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(NotATableError, match="not a readable Excel workbook"):
        sizes(content)


def test_tag_without_end_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_PIECE", 2**8)
    content = workbook(f"<row {' ' * 5_000}/>" + row(inline("1"), inline("x")))
    assert sizes(content)
    monkeypatch.setattr(sheets, "_LONGEST_TAG", 2**10)
    with pytest.raises(NotATableError, match="not a readable Excel workbook"):
        sizes(content)


@pytest.mark.parametrize("damage", ["<c><v>x</v></c>", shared(7), "<c>", '<c r="?"/>'])
def test_damage_far_down_in_a_sheet_is_said_in_words(damage: str) -> None:
    content = workbook(row(inline("1"), inline("x")) * 5_000 + row(damage))

    def read() -> None:
        with open_blocks(content, "videos.xlsx", size=10_000) as blocks:
            for block in blocks:
                assert len(parse(block))

    with pytest.raises(ClaimclfError, match="not a readable Excel workbook"):
        read()
