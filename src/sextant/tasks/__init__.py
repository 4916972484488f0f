"""Question families, one file each, by capability; see ``sextant.questions.task.Task``."""
