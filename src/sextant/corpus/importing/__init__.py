"""Sets made elsewhere become corpora: files in pieces, rows, columns, pictures, shards."""
