"""Readers of image files, one file a kind: the folder is the registry."""

from __future__ import annotations

from dcgan_eval.core import Folder, instances_of
from dcgan_eval.data.sources import Reader

READERS = Folder("dcgan_eval.data.readers", "READER", "reader", instances_of(Reader), "readers")
