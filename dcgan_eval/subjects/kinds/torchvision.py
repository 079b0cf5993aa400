"""A network of torchvision's, with random weights, its own, or those in a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar, Literal

from dcgan_eval.core import SettingsError, did_you_mean, execution, identity
from dcgan_eval.models import Preprocess
from dcgan_eval.subjects.libraries import (
    LibrarySettings,
    Made,
    library,
    load_file,
    load_path,
    made_with,
    refuse_download,
    unknown,
)
from dcgan_eval.subjects.settings import Place

# Of its vision transformers, unless `image_size` says otherwise.
_VIT_SIDE = 224


class Torchvision(LibrarySettings):
    """Settings of ``kind: torchvision``.

    Attributes
    ----------
    model
        As in ``torchvision.models.list_models()``, such as ``resnet18``.
    weights
        ``none`` (random), a name such as ``IMAGENET1K_V1`` or ``DEFAULT``, or the path of a state
        dict. Not identity: the hash of the weights is.
    **keys
        Those of `LibrarySettings`: ``layers``, ``options``, ``input``, ``preprocess``, ``layout``,
        ``prefix_tokens``, ``seeds``; and of `EncoderSettings`: ``grid``, ``pool``, ``gem_p``,
        ``gem_eps``, ``tokens``, ``batch_norm``, ``small_maps``, ``ablate``, ``name``.

    Examples
    --------
    >>> from dcgan_eval import Torchvision
    >>> row = Torchvision(model="resnet18", layers=("layer1", "layer2"), input=(3, 32, 32))
    >>> row.weights
    'none'
    """

    not_options: ClassVar[frozenset[str]] = frozenset({"weights"})

    kind: Literal["torchvision"] = identity("torchvision")
    weights: str = execution("none")

    def is_random(self) -> bool:
        """Without weights."""
        return self.weights == "none"

    def made(self, place: Place) -> Made:
        """The model, its preprocessing that of its own weights (the default ones' where random)."""
        models = library("torchvision.models")
        classifiers = models.list_models(module=models)
        if self.model not in classifiers:
            raise unknown(self.model, classifiers, "torchvision.models.list_models(module=models)")
        known = models.get_model_weights(self.model)
        own = known.__members__.get(self.weights)
        asked = {} if own is None else _asked_by(own, self.model)
        options = {**asked, **self.options}
        network = made_with(models.get_model, self.model, weights=None, **options)
        if own is not None:
            load_path(network, _file_of(own, place), _name_today)
        elif not self.is_random():
            if self.weights.isidentifier() and not Path(self.weights).exists():
                hint = did_you_mean(self.weights, [*known.__members__, "none"])
                raise SettingsError(f"no weights {self.weights!r}; {hint}")
            load_file(network, self.weights, place)
        how = (own or known.DEFAULT).transforms()
        side = int(how.crop_size[0])
        preprocess = Preprocess(
            mean=tuple(how.mean), std=tuple(how.std), resize=how.interpolation.value
        )
        return Made(
            network,
            (len(how.mean), side, side),
            preprocess,
            layout="channels_last"
            if isinstance(network, models.SwinTransformer)
            else "channels_first",
            options=asked,
        )


def _asked_by(weights: Any, model: str) -> dict[str, Any]:
    """Options that torchvision sets where it makes a model with weights of its own."""
    if model in ("googlenet", "inception_v3"):
        # They were trained on pixels scaled to −1…1.
        return {"transform_input": True}
    side = weights.meta["min_size"][0]
    return {"image_size": side} if model.startswith("vit_") and side != _VIT_SIDE else {}


def _name_today(name: str) -> str:
    """Torchvision's DenseNets are stored under names that its modules had once."""
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2", name)


def _file_of(weights: Any, place: Place) -> Path:
    """The file of weights where torch keeps what it downloaded; downloaded if that is allowed."""
    hub = library("torch.hub")
    path = Path(hub.get_dir(), "checkpoints", weights.url.rpartition("/")[2])
    if not path.is_file():
        if not place.allow_download:
            raise refuse_download(f"weights {weights.name}", path)
        # The name ends in the beginning of the file's SHA-256.
        digest = path.stem.rpartition("-")[2]
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            hub.download_url_to_file(weights.url, str(path), digest, progress=False)
        except (OSError, RuntimeError) as error:
            raise SettingsError(f"{weights.url}: cannot be downloaded: {error}") from error
    return path


SUBJECT = Torchvision
