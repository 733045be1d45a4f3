"""NC1 as a module: spread within classes over spread between them (Dang et al. 2023)."""

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.checks import readable
from losskit.plugins.ops.class_means import class_means, means_of_own_class
from losskit.plugins.ops.classes import one_hot
from losskit.plugins.ops.frames import largest_size, refuse_vanishing
from losskit.plugins.ops.pairs import same_label
from losskit.plugins.ops.precision import full_matmul, resolution, widen
from losskit.plugins.ops.slopes import traced
from losskit.plugins.ops.truncated_inverse import inverse_squares
from losskit.plugins.ops.vectors import row_squares
from losskit.plugins.regularization.nc1_variability import SPEC


class NC1VariabilityLoss(Loss):
    """``tr(S_W pinv(S_B)) / K``, or ``tr(S_W) / tr(S_B)``, of the classes present."""

    spec = SPEC
    variant: str
    rcond: float

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """The ratio, whatever the reduction.

        Args:
            features: one row a sample, shape (B, D).
            labels: class ids, int64, shape (B,).

        Returns:
            A scalar; float32 for half-precision features.

        Raises:
            InputError: rank or size is wrong, or fewer than 2 classes have different means.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(features, labels)
        wide = widen(features)
        x = wide.double() if self.variant == "pinv" else wide
        largest = largest_size(x)
        means, deviations, share = self.parts(x, labels)
        if not torch.jit.is_scripting():
            wanted = "at least 2 classes with different means"
            refuse_vanishing(self.spec.name, "features", wanted, means, largest)
        spread = largest_size(means)
        deviations, means = measured(deviations, means, spread)
        value = self.ratio(deviations, means, share)
        apart = spread > 8 * resolution(x) * largest  # else the means differ by rounding alone
        return self.reduce(torch.where(apart, value, torch.full_like(value, float("nan"))).to(wide.dtype))

    def parts(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Means of classes off the mean of all rows, (R, D), rows off their class's, (B, D), and what each of the R counts.

        There is one mean a class where labels may be read for free, else one a sample: so that no shape depends on the
        data, each then counts as one of so many as the class has samples.
        """
        if not torch.jit.is_scripting():
            if readable(labels):
                ids, place = labels.unique(return_inverse=True)
                # near the centre for the digits; what is left of it, 0, has its slope
                rows = x - x.mean(dim=0).detach()
                means = class_means(rows, one_hot(place, len(ids)))
                centre = full_matmul(place.bincount().to(x.dtype) / len(place), means)
                return means - centre, rows + (-means).index_select(0, place), torch.ones_like(means[:, 0])
            if traced():
                rows = x - x.mean(dim=0)
                means, counts = means_of_own_class(rows, labels)
                return means, rows - means.detach(), 1 / counts
        rows = x - x.mean(dim=0)
        same = same_label(labels)
        means = class_means(rows, same)
        return means, rows - means, 1 / same.sum(dim=0).to(rows.dtype)

    def ratio(self, deviations: Tensor, means: Tensor, share: Tensor) -> Tensor:
        """The value from deviations (B, D), centred means (R, D) and what each of these counts (R,)."""
        if self.variant == "pinv":
            return inverse_squares(means * share.sqrt().unsqueeze(1), deviations, self.rcond).mean()
        between = (row_squares(means) * share).sum() / share.sum()
        return row_squares(deviations).mean() / between


def measured(deviations: Tensor, means: Tensor, spread: Tensor) -> tuple[Tensor, Tensor]:
    """Both over the spread of the means, a constant that cancels: squares neither overflow nor underflow.

    Where a spread of middling size may be read for free both stay as they are: what is accepted is larger than it by six
    digits at most, or, but for rounding to 0, smaller by seven.
    """
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if readable(spread) and 1e-3 < float(spread) < 1e6:
            return deviations, means
    return deviations / spread, means / spread
