"""Writing a corpus in the layouts that trainers read; the layouts are in ``exporters``."""
