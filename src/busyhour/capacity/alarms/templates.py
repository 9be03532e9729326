"""Alarms as a CloudFormation template and as Terraform resources; instance, topic and prefix of names are parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from busyhour.capacity.alarms.alarm import INSTANCE, Alarm


def cloudformation(found: list[Alarm]) -> str:
    """Return the alarms as a CloudFormation template in JSON; instance and topic are its parameters."""
    resources = {
        identity: {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": {"Fn::Join": [" ", [{"Ref": "Prefix"}, one.name]]},
                "AlarmDescription": one.description,
                "Namespace": one.namespace,
                "MetricName": one.metric,
                "Dimensions": [
                    {"Name": name, "Value": {"Ref": "InstanceId"} if value == INSTANCE else value}
                    for name, value in one.dimensions
                ],
                "Statistic": one.statistic,
                "Period": one.period,
                "EvaluationPeriods": 1,
                "Threshold": one.threshold,
                "ComparisonOperator": one.comparison,
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Fn::If": ["HasTopic", {"Ref": "TopicArn"}, {"Ref": "AWS::NoValue"}]}],
            },
        }
        for identity, one in _identities(found)
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Alarms on the limits of an Amazon Connect centre, written by busyhour.",
        "Parameters": {
            "InstanceId": {"Type": "String", "Description": "Id of the Connect instance."},
            "TopicArn": {
                "Type": "String",
                "Default": "",
                "Description": "SNS topic that receives the alarms; empty: none.",
            },
            "Prefix": {
                "Type": "String",
                "Default": "busyhour",
                "Description": "Beginning of every alarm's name.",
            },
        },
        "Conditions": {"HasTopic": {"Fn::Not": [{"Fn::Equals": [{"Ref": "TopicArn"}, ""]}]}},
        "Resources": resources,
    }
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def terraform(found: list[Alarm]) -> str:
    """Return the alarms as Terraform resources; instance and topic are variables."""
    parts = [
        'variable "instance_id" {\n  type        = string\n  description = "Id of the Connect instance."\n}\n',
        'variable "topic_arn" {\n  type        = string\n  default     = ""\n  description = "SNS topic that receives the alarms; empty: none."\n}\n',
        'variable "prefix" {\n  type        = string\n  default     = "busyhour"\n  description = "Beginning of every alarm\'s name."\n}\n',
    ]
    for identity, one in _identities(found):
        dimensions = "".join(
            f"    {name} = {'var.instance_id' if value == INSTANCE else _hcl(value)}\n"
            for name, value in one.dimensions
        )
        parts.append(
            f'resource "aws_cloudwatch_metric_alarm" {_hcl(identity)} {{\n'
            f'  alarm_name          = "${{var.prefix}} {_hcl(one.name)[1:]}\n'
            f"  alarm_description   = {_hcl(one.description)}\n"
            f"  namespace           = {_hcl(one.namespace)}\n"
            f"  metric_name         = {_hcl(one.metric)}\n"
            f"  dimensions = {{\n{dimensions}  }}\n"
            f"  statistic           = {_hcl(one.statistic)}\n"
            f"  period              = {one.period}\n"
            f"  evaluation_periods  = 1\n"
            f"  threshold           = {one.threshold:g}\n"
            f"  comparison_operator = {_hcl(one.comparison)}\n"
            f'  treat_missing_data  = "notBreaching"\n'
            f'  alarm_actions       = var.topic_arn == "" ? [] : [var.topic_arn]\n'
            "}\n"
        )
    return "\n".join(parts)


def _identities(found: list[Alarm]) -> Iterator[tuple[str, Alarm]]:
    """Yield each alarm with a name of letters and digits that no other one has."""
    taken: set[str] = set()
    for one in found:
        words = (word[:1].upper() + word[1:] for word in re.split(r"\W+", one.name))
        base = identity = re.sub(r"[^A-Za-z0-9]", "", "".join(words))
        number = 1
        while identity in taken:
            number += 1
            identity = f"{base}{number}"
        taken.add(identity)
        yield identity, one


def _hcl(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
