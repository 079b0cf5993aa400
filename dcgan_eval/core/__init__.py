"""What every room stands on: errors, seeds, hashes, whole files, settings, progress."""

from dcgan_eval.core.device import check_device
from dcgan_eval.core.errors import (
    CacheWarning,
    CheckpointError,
    CodeRefusedError,
    ConvergenceWarning,
    DataError,
    DcganEvalError,
    DcganEvalWarning,
    DoesNotFitError,
    RecordError,
    RecordWarning,
    SettingsError,
    StorageError,
    UserError,
    WorkError,
)
from dcgan_eval.core.files import (
    atomic_path,
    reserve,
    slug,
    storage_errors,
    sync_folder,
    writable_folder,
    write_arrays,
    write_bytes,
    write_json,
    write_text,
)
from dcgan_eval.core.hashing import digest_arrays, digest_file, digest_json
from dcgan_eval.core.names import Folder, did_you_mean, printable
from dcgan_eval.core.progress import Advance, Lines, Progress, Silent
from dcgan_eval.core.seeds import generator, seed_for
from dcgan_eval.core.settings import Settings, build, execution, identity, override
from dcgan_eval.core.yaml12 import parse_yaml, read_yaml

__all__ = [
    "Advance",
    "CacheWarning",
    "CheckpointError",
    "CodeRefusedError",
    "ConvergenceWarning",
    "DataError",
    "DcganEvalError",
    "DcganEvalWarning",
    "DoesNotFitError",
    "Folder",
    "Lines",
    "Progress",
    "RecordError",
    "RecordWarning",
    "Settings",
    "SettingsError",
    "Silent",
    "StorageError",
    "UserError",
    "WorkError",
    "atomic_path",
    "build",
    "check_device",
    "did_you_mean",
    "digest_arrays",
    "digest_file",
    "digest_json",
    "execution",
    "generator",
    "identity",
    "override",
    "parse_yaml",
    "printable",
    "read_yaml",
    "reserve",
    "seed_for",
    "slug",
    "storage_errors",
    "sync_folder",
    "writable_folder",
    "write_arrays",
    "write_bytes",
    "write_json",
    "write_text",
]
