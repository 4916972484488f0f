"""Prediction files of Sextant and of other harnesses, read as one stream of replies.

    written by   files                                    what is read
    run          a run folder or its predictions.jsonl    item, reply, error; variants of stress
                                                          tests are left out and counted
    anybody      .jsonl, .json                            id + reply, prediction or response
    lmms-eval    *_samples_*.jsonl (--log_samples), old   doc_id or the document's own id, resps and
                 {"logs": [...]} .json                    filtered_resps, target
    vlmevalkit   .xlsx, .tsv, .csv, .json                 index + prediction, answer

Text files may be gzipped. Nothing is unpickled. Files are read as a stream, sizes are capped, and
what is odd but can be read is counted by name (``notes.NOTES``).
"""

from sextant.evaluation.predictions.opening import PredictionFile, open_predictions
from sextant.evaluation.predictions.prediction import Prediction

__all__ = ["Prediction", "PredictionFile", "open_predictions"]
