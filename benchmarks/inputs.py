"""Inputs that losses and their peers are timed on, drawn from fixed seeds."""

import torch
from torch import Tensor

ROWS, CLASSES, WIDTH, LENGTH = 8192, 1000, 256, 16
Inputs = tuple[Tensor, ...]


def classes() -> Inputs:
    """Scores of many classes and labels."""
    draw = torch.Generator().manual_seed(0)
    scores = torch.randn(ROWS, CLASSES, generator=draw)
    return scores, torch.randint(CLASSES, (ROWS,), generator=draw)


def answers() -> Inputs:
    """As many scores in one vector, and answers 0 or 1."""
    draw = torch.Generator().manual_seed(0)
    return torch.randn(ROWS * CLASSES, generator=draw), torch.randint(2, (ROWS * CLASSES,), generator=draw).float()


def numbers() -> Inputs:
    """As many predictions and targets."""
    draw = torch.Generator().manual_seed(0)
    return torch.randn(ROWS * CLASSES, generator=draw), torch.randn(ROWS * CLASSES, generator=draw)


def few_classes() -> Inputs:
    """Scores of few classes and labels, as ordinal tasks have."""
    draw = torch.Generator().manual_seed(0)
    return torch.randn(ROWS * 50, 10, generator=draw), torch.randint(10, (ROWS * 50,), generator=draw)


def tokens() -> Inputs:
    """Next-token scores of answers and their tokens."""
    draw = torch.Generator().manual_seed(0)
    scores = torch.randn(ROWS // LENGTH, LENGTH, CLASSES, generator=draw)
    return scores, torch.randint(CLASSES, (ROWS // LENGTH, LENGTH), generator=draw)


def bins() -> Inputs:
    """Scores of bins and targets within the support."""
    draw = torch.Generator().manual_seed(0)
    return torch.randn(ROWS, 101, generator=draw), torch.rand(ROWS, generator=draw) * 18 - 9


def lists() -> Inputs:
    """Scores of lists and their profits."""
    draw = torch.Generator().manual_seed(0)
    return torch.randn(ROWS, WIDTH, generator=draw), torch.randn(ROWS, WIDTH, generator=draw) * 100


def head() -> Inputs:
    """Features, an output layer and labels."""
    draw = torch.Generator().manual_seed(0)
    features = torch.randn(ROWS, WIDTH, generator=draw)
    return features, torch.randn(100, WIDTH, generator=draw) / 16, torch.randint(100, (ROWS,), generator=draw)


def frame() -> Inputs:
    """One vector a class."""
    return (torch.randn(CLASSES, WIDTH, generator=torch.Generator().manual_seed(0)),)


def labelled() -> Inputs:
    """Features and labels."""
    features, _, labels = head()
    return features, labels % 10


def shares() -> Inputs:
    """Class probabilities."""
    return (classes()[0].softmax(1),)


def output_layer() -> Inputs:
    """Scores, labels and the weights of the output layer."""
    return *classes(), torch.randn(CLASSES, WIDTH, generator=torch.Generator().manual_seed(1))


def attacked() -> Inputs:
    """Scores of clean and of attacked inputs, and labels."""
    scores, labels = classes()
    return scores, scores + torch.randn(scores.shape, generator=torch.Generator().manual_seed(1)) / 4, labels


def thresholds() -> Inputs:
    """Scores that fall from threshold to threshold, and ordinal labels."""
    scores, labels = few_classes()
    return scores[:, 1:].sort(dim=1, descending=True)[0], labels


def moved_bins() -> Inputs:
    """Scores of bins, the next state's distribution, rewards and discounts."""
    scores, reward = bins()
    draw = torch.Generator().manual_seed(1)
    return scores, torch.randn(scores.shape, generator=draw).softmax(1), reward, torch.rand(len(reward), generator=draw)


def steps() -> Inputs:
    """Next-token scores, tokens, and the step that each belongs to: four tokens a step."""
    scores, labels = tokens()
    return scores, labels, (torch.arange(LENGTH) // 4).expand_as(labels).contiguous()


def self_dual() -> Inputs:
    """Classifier rows, features and labels."""
    features, labels = labelled()
    return torch.randn(10, WIDTH, generator=torch.Generator().manual_seed(1)), features, labels


def activations() -> Inputs:
    """An inverse activation at as many nodes, and two positive functions there."""
    draw = torch.Generator().manual_seed(0)
    y = torch.randn(ROWS * CLASSES, generator=draw)
    return y, torch.rand(len(y), generator=draw) + 0.5, torch.rand(len(y), generator=draw) / len(y)
