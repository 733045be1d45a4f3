"""The example each command shows at the end of its help."""

from __future__ import annotations

EXAMPLES = {
    "losskit": (
        "losskit list --holds LabelSymmetric",
        "losskit describe comp_sum",
        "losskit verify comp_sum",
        "losskit export comp_sum --param tau=1.5 --grad -o comp_sum-graphs",
    ),
    "list": ("losskit list", "losskit list --task classification --holds LabelSymmetric --fails Convex"),
    "describe": (
        "losskit describe comp_sum",
        "losskit describe comp_sum --bibtex",
        "losskit describe focal --plot focal.svg",
        "losskit describe focal --param gamma=5 --plot focal.png",
    ),
    "verify": (
        "losskit verify comp_sum --only Convex --only LabelSymmetric",
        "losskit verify --profile standard --html reports/verify.html",
        "losskit verify --report new.json --diff old.json",
        "losskit verify comp_sum-graphs --runtime all",
        "losskit verify examples.foreign.torch_nn:SOFT_MARGIN",
    ),
    "suggest": (
        "losskit suggest my_loss",
        "losskit suggest my_package.my_loss:SPEC --only Convex --only Lipschitz",
        "losskit suggest cross_entropy --all --profile standard --json",
    ),
    "compare": (
        "losskit compare cross_entropy focal",
        "losskit compare mse mae huber --param huber:delta=2 --differences",
    ),
    "cite": ("losskit cite comp_sum dice", "losskit cite --all > losses.bib"),
    "completion": (
        "losskit completion bash > ~/.local/share/bash-completion/completions/losskit",
        "losskit completion zsh > ~/.zfunc/_losskit",
        "losskit completion fish > ~/.config/fish/completions/losskit.fish",
    ),
    "export": (
        "losskit export comp_sum --param tau=1.5 --grad -o comp_sum-graphs",
        "losskit export dice --rank spatial=3 --to onnx --verify-with openvino",
        "losskit export comp_sum --dtype float64 --grad -o comp_sum-double",
        "losskit export --all --variants --grad -o graphs",
    ),
    "new": (
        "losskit new",
        "losskit new my_loss --task classification",
        "losskit new my_loss --from comp_sum --title 'My loss' -o my-loss",
    ),
    "doctor": (
        "losskit doctor",
        "losskit doctor --install node --install libtorch",
        "losskit --plugins builtin doctor --json",
    ),
}


def epilog(command: str) -> str:
    """The end of a command's help; the first character keeps the lines as they are."""
    return "\n".join(["\b", "Example:", *(f"  {line}" for line in EXAMPLES[command])])
