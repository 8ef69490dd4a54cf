"""Physical formats, one a module: blocks of whole rows of an input, and tables of them.

base             what all have in common
delimited        CSV
json_lines       NDJSON; `shapes` reads fields of objects as columns
json_documents   an array, or the array in an answer, as lines
parquet          Parquet; `parquet_pages` counts bytes before one is unpacked, from what the file
                 says at its end (`parquet_footer`), in `thrift`'s compact form
workbook         Excel workbooks
info_files       a folder or archive of yt-dlp's files, as lines
"""
