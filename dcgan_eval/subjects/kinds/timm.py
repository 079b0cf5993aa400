"""A network of timm's, with random weights, its own, or those in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from dcgan_eval.core import SettingsError, execution, identity
from dcgan_eval.models import Preprocess, Resize
from dcgan_eval.subjects.libraries import (
    LibrarySettings,
    Made,
    class_tokens,
    library,
    load_file,
    made_with,
    refuse_download,
    unknown,
)
from dcgan_eval.subjects.settings import Place

_SAFETENSORS = "model.safetensors"


class Timm(LibrarySettings):
    """Settings of ``kind: timm`` (``pip install 'dcgan-eval[timm]'``).

    Attributes
    ----------
    model
        As in ``timm.list_models()``, such as ``vit_tiny_patch16_224``; with a tag, such as
        ``vit_tiny_patch16_224.augreg_in21k``, also in ``timm.list_pretrained()``.
    pretrained
        ``false`` (random), ``true`` for timm's own weights, or the path of a state dict. Not
        identity: the hash of the weights is.
    **keys
        Those of `LibrarySettings`: ``layers``, ``options``, ``input``, ``preprocess``, ``layout``,
        ``prefix_tokens``, ``seeds``; and of `EncoderSettings`: ``grid``, ``pool``, ``gem_p``,
        ``gem_eps``, ``tokens``, ``batch_norm``, ``small_maps``, ``ablate``, ``name``.

    Examples
    --------
    >>> from dcgan_eval import Timm
    >>> row = Timm(model="vit_tiny_patch16_224", layers=("blocks[-4:]",), tokens="cls+mean")
    >>> row.pretrained
    False
    """

    not_options: ClassVar[frozenset[str]] = frozenset(
        {"pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path", "cache_dir"}
    )

    kind: Literal["timm"] = identity("timm")
    pretrained: bool | str = execution(False)

    def is_random(self) -> bool:
        """Without weights."""
        return self.pretrained is False

    def made(self, place: Place) -> Made:
        """The model with its own preprocessing."""
        timm = library("timm")
        if not timm.is_model(self.model):
            raise unknown(self.model, timm.list_models(), "timm.list_models()")
        options: dict[str, Any] = dict(self.options)
        if self.pretrained is True:
            file = _file_of(timm, self.model, place)
            options |= {
                "pretrained": True,
                "pretrained_cfg_overlay": {"file": str(file), "custom_load": False},
            }
        network = made_with(timm.create_model, self.model, **options)
        if isinstance(self.pretrained, str):
            load_file(network, self.pretrained, place)
        how = timm.data.resolve_model_data_config(network)
        # What was built, where an option asked for another size than the configuration has.
        sides = getattr(getattr(network, "patch_embed", None), "img_size", None)
        height, width = sides or how["input_size"][1:]
        resize: Resize = "bilinear" if how["interpolation"] == "bilinear" else "bicubic"
        return Made(
            network,
            (int(self.options.get("in_chans", how["input_size"][0])), int(height), int(width)),
            Preprocess(mean=tuple(how["mean"]), std=tuple(how["std"]), resize=resize),
            prefix_tokens=int(getattr(network, "num_prefix_tokens", class_tokens(network))),
            layout="channels_last"
            if getattr(network, "output_fmt", "NCHW") == "NHWC"
            else "channels_first",
        )


def _file_of(timm: Any, model: str, place: Place) -> Path:
    """The file of timm's weights where the hub keeps it; downloaded if that is allowed."""
    config = timm.get_pretrained_cfg(model)
    if config is None or not config.hf_hub_id:
        raise SettingsError("timm has no weights of it on the hub; give the path of a file")
    hub = library("huggingface_hub")
    name = config.hf_hub_filename or _SAFETENSORS
    found = hub.try_to_load_from_cache(config.hf_hub_id, name)
    if isinstance(found, str):
        return Path(found)
    if not place.allow_download:
        raise refuse_download("its weights", f"{config.hf_hub_id}/{name} in the hub's cache")
    try:
        return Path(hub.hf_hub_download(config.hf_hub_id, name))
    except Exception as error:  # whatever the network and the hub may say
        reason = str(error).strip().split("\n")[0]
        raise SettingsError(f"{config.hf_hub_id}: cannot be downloaded: {reason}") from error


SUBJECT = Timm
