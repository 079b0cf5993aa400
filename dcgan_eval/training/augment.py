"""Random changes of the images that D sees, of real and fake ones alike.

Source: DiffAugment (arXiv 2006.10738): what D must not learn by heart is changed before it, in a
way that gradients pass, so that G is not taught to draw the changes.
"""

from __future__ import annotations

import torch

from dcgan_eval.core import Settings, SettingsError, identity


class Augment(Settings):
    """What is changed at random in each image; nothing by default.

    Attributes
    ----------
    flip
        Whether each image is mirrored left to right with probability 1/2.
    shift
        Pixels that an image is moved by at most, each way, its edges repeated.
    colour
        Brightness, saturation and contrast: with s of this size and u, v, w uniform in [−1, 1],
        s·u is added to all values, then distances from each pixel's mean over the channels are
        multiplied by 1 + 2·s·v and distances from the image's mean by 1 + s·w. DiffAugment's s
        is 0.5, for images in [−1, 1].
    cutout
        Side in pixels of a square that is set to 0, its centre anywhere in the image: what lies
        beyond the edge is cut off. DiffAugment's is half the image's side.
    """

    flip: bool = identity(False)
    shift: int = identity(0, ge=0)
    colour: float = identity(0.0, ge=0, le=1)
    cutout: int = identity(0, ge=0)

    def check(self, height: int, width: int) -> None:
        """Refuse what would leave nothing of images of this size."""
        for name, pixels in (("shift", self.shift), ("cutout", self.cutout)):
            if pixels >= min(height, width):
                raise SettingsError(
                    f"augment.{name}: found {pixels}, images are {height}×{width}; "
                    f"give at most {min(height, width) - 1}"
                )

    def apply(self, images: torch.Tensor, stream: torch.Generator) -> torch.Tensor:
        """Images changed, each in its own way; gradients pass.

        Parameters
        ----------
        images : float tensor, (n, channels, height, width)
        stream
            On the CPU, so that every device draws the same.

        Examples
        --------
        >>> stream = torch.Generator().manual_seed(0)
        >>> Augment(shift=1).apply(torch.eye(3)[None, None], stream).shape
        torch.Size([1, 1, 3, 3])
        """
        n, _, height, width = images.shape
        device = images.device
        if self.flip:
            mirrored = torch.rand((n, 1, 1, 1), generator=stream).to(device) < 0.5
            images = torch.where(mirrored, images.flip(3), images)
        if self.shift:
            moves = torch.randint(-self.shift, self.shift + 1, (2, n, 1), generator=stream)
            rows = (torch.arange(height) + moves[0]).clamp(0, height - 1).to(device)
            columns = (torch.arange(width) + moves[1]).clamp(0, width - 1).to(device)
            images = images.gather(2, rows[:, None, :, None].expand_as(images))
            images = images.gather(3, columns[:, None, None, :].expand_as(images))
        if self.colour:
            drawn = torch.rand((3, n, 1, 1, 1), generator=stream).mul_(2).sub_(1)
            brightness, saturation, contrast = (self.colour * drawn).to(device)
            images = images + brightness
            grey = images.mean(1, keepdim=True)
            images = grey + (images - grey) * (1 + 2 * saturation)
            mean = images.mean((1, 2, 3), keepdim=True)
            images = mean + (images - mean) * (1 + contrast)
        if self.cutout:
            first = -(self.cutout // 2)
            tops = first + torch.randint(height, (n, 1), generator=stream)
            lefts = first + torch.randint(width, (n, 1), generator=stream)
            within = self._covered(tops, height)[:, :, None] & self._covered(lefts, width)[:, None]
            images = images * ~within[:, None].to(device)
        return images

    def _covered(self, starts: torch.Tensor, side: int) -> torch.Tensor:
        """Which rows (columns) the square covers, (n, side)."""
        along = torch.arange(side)
        return (along >= starts) & (along < starts + self.cutout)
