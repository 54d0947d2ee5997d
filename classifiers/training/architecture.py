"""How the encoders that can be exported are built, and what Hugging Face calls their weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from classifiers.contract import ClassifierFailed

__all__ = ["Architecture", "Layer", "architecture_of"]


@dataclass(frozen=True, slots=True)
class Layer:
    """The names of one layer's parts; each has a ``.weight`` and a ``.bias``.

    Attributes:
        query: Of the attention; it reads the layer's input, as ``key`` and ``value`` do.
        key: See ``query``.
        value: See ``query``.
        attended: Reads what the attention gathered.
        attended_norm: The layer norm behind it.
        widened: The first half of the feed-forward part.
        narrowed: Its second half.
        norm: The layer norm behind it.
    """

    query: str
    key: str
    value: str
    attended: str
    attended_norm: str
    widened: str
    narrowed: str
    norm: str


@dataclass(frozen=True, slots=True)
class Architecture:
    """A sequence classifier of the BERT family, read from a transformers configuration.

    Attributes:
        model: The transformers class that runs it.
        tokenizer: The transformers class that cuts its texts.
        embeddings: Where the names of the embeddings begin.
        projection: The layer between embeddings and encoder, where there is one.
        layers: In order; ALBERT names the same one again and again.
        pooler: Reads the first position.
        head: Gives the logits.
        attention_heads: In each layer.
        activation: The operator behind ``widened``, which adds its bias as well.
        epsilon: Of every layer norm.
        first_position: Which row of the position table the first word piece takes.
    """

    model: str
    tokenizer: str
    embeddings: str
    projection: str | None
    layers: tuple[Layer, ...]
    pooler: str
    head: str
    attention_heads: int
    activation: str
    epsilon: float
    first_position: int

    @property
    def norms(self) -> Iterator[str]:
        """Every layer norm, once."""
        yield f"{self.embeddings}LayerNorm"
        for layer in dict.fromkeys(self.layers):
            yield from (layer.attended_norm, layer.norm)


def architecture_of(config: Mapping[str, Any]) -> Architecture:
    """The architecture that a ``config.json`` describes.

    Raises:
        ClassifierFailed: It is another family, or a variant whose sums are not known here.
    """
    family = str(config.get("model_type"))
    if family not in _FAMILIES:
        raise ClassifierFailed(
            f"A model of the family {family!r} cannot be converted.",
            hint=f"Use one of: {', '.join(_FAMILIES)}.",
        )
    for setting, usual in _USUAL.items():
        if config.get(setting, usual) != usual:
            raise ClassifierFailed(
                f"A model whose {setting} is {config[setting]!r} cannot be converted.",
                hint=f"Only {usual!r} is known here; run it with the Detoxify library itself.",
            )
    activation = str(config.get("hidden_act"))
    if activation not in _ACTIVATIONS:
        raise ClassifierFailed(
            f"A model whose hidden_act is {activation!r} cannot be converted.",
            hint=f"Use one of: {', '.join(_ACTIVATIONS)}.",
        )
    return _FAMILIES[family](config, _ACTIVATIONS[activation])


_USUAL: Final[Mapping[str, Any]] = {
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "num_hidden_groups": 1,
    "inner_group_num": 1,
}

_ACTIVATIONS: Final[Mapping[str, str]] = {
    "gelu": "BiasGelu",
    "gelu_new": "FastGelu",
    "gelu_pytorch_tanh": "FastGelu",
}


def _bert(config: Mapping[str, Any], activation: str) -> Architecture:
    return Architecture(
        model="BertForSequenceClassification",
        tokenizer="BertTokenizer",
        embeddings="bert.embeddings.",
        projection=None,
        layers=_stacked("bert.encoder.layer.", config["num_hidden_layers"]),
        pooler="bert.pooler.dense",
        head="classifier",
        attention_heads=config["num_attention_heads"],
        activation=activation,
        epsilon=config["layer_norm_eps"],
        first_position=0,
    )


def _roberta(config: Mapping[str, Any], activation: str) -> Architecture:
    kind = "XLMRoberta" if config["model_type"] == "xlm-roberta" else "Roberta"
    return Architecture(
        model=f"{kind}ForSequenceClassification",
        tokenizer=f"{kind}Tokenizer",
        embeddings="roberta.embeddings.",
        projection=None,
        layers=_stacked("roberta.encoder.layer.", config["num_hidden_layers"]),
        pooler="classifier.dense",
        head="classifier.out_proj",
        attention_heads=config["num_attention_heads"],
        activation=activation,
        epsilon=config["layer_norm_eps"],
        # The rows up to the padding's own are never taken.
        first_position=config["pad_token_id"] + 1,
    )


def _albert(config: Mapping[str, Any], activation: str) -> Architecture:
    one = "albert.encoder.albert_layer_groups.0.albert_layers.0."
    shared = Layer(
        query=f"{one}attention.query",
        key=f"{one}attention.key",
        value=f"{one}attention.value",
        attended=f"{one}attention.dense",
        attended_norm=f"{one}attention.LayerNorm",
        widened=f"{one}ffn",
        narrowed=f"{one}ffn_output",
        norm=f"{one}full_layer_layer_norm",
    )
    return Architecture(
        model="AlbertForSequenceClassification",
        tokenizer="AlbertTokenizer",
        embeddings="albert.embeddings.",
        projection="albert.encoder.embedding_hidden_mapping_in",
        layers=(shared,) * int(config["num_hidden_layers"]),
        pooler="albert.pooler",
        head="classifier",
        attention_heads=config["num_attention_heads"],
        activation=activation,
        epsilon=config["layer_norm_eps"],
        first_position=0,
    )


_FAMILIES: Final = {"bert": _bert, "roberta": _roberta, "xlm-roberta": _roberta, "albert": _albert}


def _stacked(prefix: str, count: int) -> tuple[Layer, ...]:
    return tuple(
        Layer(
            query=f"{prefix}{index}.attention.self.query",
            key=f"{prefix}{index}.attention.self.key",
            value=f"{prefix}{index}.attention.self.value",
            attended=f"{prefix}{index}.attention.output.dense",
            attended_norm=f"{prefix}{index}.attention.output.LayerNorm",
            widened=f"{prefix}{index}.intermediate.dense",
            narrowed=f"{prefix}{index}.output.dense",
            norm=f"{prefix}{index}.output.LayerNorm",
        )
        for index in range(count)
    )
