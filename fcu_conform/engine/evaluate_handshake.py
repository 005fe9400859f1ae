"""Judges the rule that servers answer: a device of the sample connects to them, and so does an impostor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from fcu_conform.engine.evaluate_devices import DevicesEvaluator
from fcu_conform.engine.evaluate_paths import (
    DEVICE_FAMILIES,
    device_paths,
    failed_causes,
    needs_devices_and_upload,
    stands,
)
from fcu_conform.engine.judgements import Judgements
from fcu_conform.engine.results import Outcome, Result
from fcu_conform.engine.targets import Targets
from fcu_conform.engine.validator_panel import LET_IN, ValidatorPanel, explained_by
from fcu_conform.engine.waivers import Waivers, scopes_of_device
from fcu_conform.rules.model import Blocked, Location, NotApplicable, Rule, requires


@dataclass(frozen=True)
class HandshakeEvaluator:
    """Judges rules of the scope HANDSHAKE."""

    is_asked_for: bool
    judgements: Judgements
    targets: Targets
    panels: Mapping[str, ValidatorPanel]
    devices: DevicesEvaluator
    waivers: Waivers

    def evaluate(self, rule: Rule, name: str) -> Result:
        """What servers say to one of the sampled devices."""
        requires(self.is_asked_for, "handshakes were not requested (--fcu-handshake)")
        setup = self.targets.setups[name]
        needs_devices_and_upload(rule, setup, self.judgements)
        sample = self.devices.results(name).sample
        number = next((n for n, d in enumerate(sample) if d.key is not None and d.key.private is not None), None)
        if number is None:
            list(device_paths(rule, setup, self.judgements, self.devices))  # says so where no device has no error
            raise NotApplicable("handshake skipped: the output has no device private key, and a stand-in needs FCU's")
        device = sample[number]
        findings = self.panels[name].shake_hands(device, rule.check(device, setup.upload))
        if findings is None:
            raise Blocked("SYS002")
        scopes = partial(scopes_of_device, device, Location(device.name))
        blocked_by: dict[str, None] = {}
        completed = []
        for finding in findings:
            turned_away = finding.level is None and finding.expected == LET_IN
            causes = failed_causes(DEVICE_FAMILIES, name, finding.found, self.judgements) if turned_away else ()
            blocked_by.update(dict.fromkeys(causes))
            completed.append(self.waivers.apply(rule.code, rule.complete(explained_by(finding, causes)), scopes))
        refused = (number,) if blocked_by or any(map(stands, completed)) else ()
        result = replace(self.judgements.conclude(rule, name, tuple(completed)), asked=1, refused=refused)
        if blocked_by and result.outcome is not Outcome.FAILED:
            return replace(result, outcome=Outcome.BLOCKED, blocked_by=tuple(blocked_by))
        return result
