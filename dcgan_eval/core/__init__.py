"""What every room stands on: errors, seeds, hashes, whole files, settings, progress."""

from dcgan_eval.core.arrays import (
    Header,
    open_archive,
    open_array,
    read_arrays,
    read_header,
    write_arrays,
)
from dcgan_eval.core.device import check_device, full_convolutions
from dcgan_eval.core.entries import private_folder, publish
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
    located,
)
from dcgan_eval.core.files import (
    atomic_path,
    reserve,
    slug,
    storage_errors,
    sync_folder,
    writable_folder,
    write_bytes,
    write_json,
    write_text,
)
from dcgan_eval.core.hashing import digest_arrays, digest_file, digest_json
from dcgan_eval.core.memory import available_memory, refuse_if_too_large
from dcgan_eval.core.names import (
    Folder,
    did_you_mean,
    instances_of,
    printable,
    subclasses_of,
)
from dcgan_eval.core.progress import Advance, Lines, Progress, Silent
from dcgan_eval.core.seeds import generator, seed_for
from dcgan_eval.core.settings import Settings, build, execution, identity, override
from dcgan_eval.core.subject import Subject
from dcgan_eval.core.work import NoUnits, Units, Work
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
    "Header",
    "Lines",
    "NoUnits",
    "Progress",
    "RecordError",
    "RecordWarning",
    "Settings",
    "SettingsError",
    "Silent",
    "StorageError",
    "Subject",
    "Units",
    "UserError",
    "Work",
    "WorkError",
    "atomic_path",
    "available_memory",
    "build",
    "check_device",
    "did_you_mean",
    "digest_arrays",
    "digest_file",
    "digest_json",
    "execution",
    "full_convolutions",
    "generator",
    "identity",
    "instances_of",
    "located",
    "open_archive",
    "open_array",
    "override",
    "parse_yaml",
    "printable",
    "private_folder",
    "publish",
    "read_arrays",
    "read_header",
    "read_yaml",
    "refuse_if_too_large",
    "reserve",
    "seed_for",
    "slug",
    "storage_errors",
    "subclasses_of",
    "sync_folder",
    "writable_folder",
    "write_arrays",
    "write_bytes",
    "write_json",
    "write_text",
]
