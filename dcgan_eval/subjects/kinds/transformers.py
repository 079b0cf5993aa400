"""An image network of Hugging Face's transformers, with random weights or its own."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from dcgan_eval.core import CheckpointError, SettingsError, identity
from dcgan_eval.models import Preprocess, Resize
from dcgan_eval.subjects.libraries import (
    LibrarySettings,
    Made,
    class_tokens,
    library,
    made_with,
    refuse_download,
)
from dcgan_eval.subjects.settings import Place

# Of a colour that nothing but means and deviations would leave the same in all its channels.
_COLOUR = (20, 90, 230)


class Transformers(LibrarySettings):
    """Settings of ``kind: transformers`` (``pip install 'dcgan-eval[transformers]'``).

    Attributes
    ----------
    model
        A folder with ``config.json`` (and ``model.safetensors``), or a name on the hub, such as
        ``facebook/dinov2-small``, whose files lie in the hub's cache.
    pretrained
        ``true`` for the weights beside the configuration, ``false`` for random ones. Only
        safetensors are read, and no code of a repository is run.
    options
        Values of the configuration, such as ``image_size``, or keywords of the model, such as
        ``add_pooling_layer``.
    **keys
        Those of `LibrarySettings`: ``layers``, ``input``, ``preprocess``, ``layout``,
        ``prefix_tokens``, ``seeds``; and of `EncoderSettings`: ``grid``, ``pool``, ``gem_p``,
        ``gem_eps``, ``tokens``, ``batch_norm``, ``small_maps``, ``ablate``, ``name``.

    Examples
    --------
    >>> from dcgan_eval import Transformers
    >>> row = Transformers(model="facebook/dinov2-small", layers=("layernorm",), tokens="cls")
    >>> row.pretrained
    True
    """

    not_options: ClassVar[frozenset[str]] = frozenset(
        {
            "trust_remote_code",
            "local_files_only",
            "use_safetensors",
            "output_loading_info",
            "return_unused_kwargs",
            "config",
            "dtype",
            "torch_dtype",
            "state_dict",
            "code_revision",
        }
    )

    kind: Literal["transformers"] = identity("transformers")
    pretrained: bool = identity(True)

    def is_random(self) -> bool:
        """Without weights."""
        return not self.pretrained

    def made(self, place: Place) -> Made:
        """The model, or the part of it that takes images, with its own preprocessing."""
        transformers = library("transformers")
        where = {"local_files_only": not place.allow_download, "trust_remote_code": False}
        if not place.allow_download and not self._is_here():
            raise refuse_download("its files", "the folder, then the hub's cache")
        read = {**where, "return_unused_kwargs": True, **self.options}
        config, keywords = made_with(transformers.AutoConfig.from_pretrained, self.model, **read)
        for key in where:
            keywords.pop(key, None)
        if self.pretrained:
            how = {**where, **keywords, "config": config, "use_safetensors": True}
            network, about = made_with(
                transformers.AutoModel.from_pretrained,
                self.model,
                **how,
                output_loading_info=True,
                dtype=torch.float32,
            )
            lacking = sorted({*about["missing_keys"], *map(str, about["mismatched_keys"])})
            if lacking:
                raise CheckpointError(
                    f"the file lacks {', '.join(lacking[:3])} ({len(lacking)} in all); leave that "
                    "part out by options, such as add_pooling_layer: false"
                )
        else:
            network = made_with(transformers.AutoModel.from_config, config, **keywords)
        # Of a model of images and texts, the images' side.
        network = getattr(network, "vision_model", network)
        config = getattr(config, "vision_config", config)
        sides = self.input[1:] if self.input else getattr(config, "image_size", None)
        if sides is None:
            raise SettingsError("its configuration has no image_size; give input")
        height, width = sides if isinstance(sides, list | tuple) else (sides, sides)
        shape = (int(getattr(config, "num_channels", 3)), int(height), int(width))
        registers = int(getattr(config, "num_register_tokens", 0))
        return Made(
            network,
            shape,
            self._own_preprocess(transformers, where) if self.preprocess is None else None,
            prefix_tokens=class_tokens(network) + registers,
        )

    def _is_here(self) -> bool:
        """Whether the configuration lies in a folder or in the hub's cache."""
        if Path(self.model).is_dir():
            return True
        hub = library("huggingface_hub")
        try:
            return isinstance(hub.try_to_load_from_cache(self.model, "config.json"), str)
        except hub.errors.HFValidationError as error:
            raise SettingsError(f"no folder, and no name on the hub: {error}") from None

    def _own_preprocess(self, transformers: Any, where: dict[str, Any]) -> Preprocess | None:
        """What ``preprocessor_config.json`` and its class say; None where there is none.

        Raises
        ------
        SettingsError
            It does more than resize, crop, subtract means and divide, as where it swaps channels.
        """
        try:
            said = transformers.AutoImageProcessor.from_pretrained(self.model, **where)
        except (ImportError, OSError, ValueError):
            return None
        # Theirs count in pixels from 0 to 255, times a factor; here they are from 0 to 1.
        factor = getattr(said, "rescale_factor", 1 / 255) if said.do_rescale else 1.0
        unit = 1.0 if math.isclose(255 * factor, 1) else 255 * factor
        mean, std = (said.image_mean, said.image_std) if said.do_normalize else ((0.0,), (1.0,))
        if mean is None or std is None:
            return None
        # Pillow's number of a filter: 2 is bilinear, 3 is bicubic.
        resize: Resize = "bilinear" if said.resample == 2 else "bicubic"
        found = Preprocess(
            mean=tuple(one / unit for one in mean),
            std=tuple(one / unit for one in std),
            resize=resize,
        )
        colour = np.tile(np.array(_COLOUR, np.uint8), (64, 64, 1))
        given = made_with(said, images=colour, return_tensors="pt").get("pixel_values")
        ours = found(torch.tensor(_COLOUR, dtype=torch.uint8).reshape(1, 1, 1, 3)).flatten()
        theirs = None if given is None else given[0].flatten(1).mean(1)
        if theirs is None or theirs.shape != ours.shape or not torch.allclose(theirs, ours, 1e-3):
            raise SettingsError(
                f"its {type(said).__name__} does more than resize, crop and normalise; give "
                "preprocess if that is enough"
            )
        return found


SUBJECT = Transformers
