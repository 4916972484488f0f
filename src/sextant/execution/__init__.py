"""Shards, atomic commit and resume: one shard function, in-process, in a pool or in an array."""
