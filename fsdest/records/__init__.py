"""What a record is, at rest: blocks, readers of files, attributes learned from records. Pure."""
