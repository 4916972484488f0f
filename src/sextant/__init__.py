"""Sextant: 3D captures to exact spatial questions, corpora, training and evaluation."""
