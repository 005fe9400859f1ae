"""The resources of the REST interface, a module each: functions from a request to an answer."""
