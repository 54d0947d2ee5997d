"""Write the reference pages that the code itself can tell: run it after changing what they say.

Usage: python docs/generate.py [--check]

Every page is made from the objects that the program uses, never from their source text, so that
a page cannot describe what does not exist. ``--check`` writes nothing and says which are stale.
"""  # noqa: INP001 - a script beside the pages, not a package

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import get_args

import click
from fastapi.routing import APIRoute

import config.channels
import connectors.errors
from classifiers.contract import ClassifierFailed
from config.problems import PROBLEMS, ConfigurationInvalid
from config.settings import PREFIX, Settings
from connectors.contract import Capabilities, Connector, ConnectorSettings, Secret
from connectors.registry import known_connectors, open_connector
from monitor.alerting import contract as alerting
from monitor.cli import commands
from monitor.desk.web import api, case_pages, channel_pages, operations, outbox_pages
from monitor.desk.web import queue_pages, report_pages, server, sign_in
from monitor.domain import case
from monitor.runtime.jobs import JOBS
from monitor.store import engine, tables
from monitor.telemetry import EVENTS, FIELDS, Metrics

__all__ = ["PAGES", "main"]

HERE = Path(__file__).resolve().parent
NOTICE = "<!-- Written by docs/generate.py from the code. Change the code, then run it again. -->"
