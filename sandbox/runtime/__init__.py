"""Lambda's data plane: functions that really run, as on AWS.

`functions` finds them in moto's state and answers the Invoke API; `pool` keeps execution environments and gives each
invocation one. An `environment` is a process that `keeper` starts and ends, in which `loop` runs the handler and asks
its `runtime_api` for events. `invocation` is what goes in and what comes out of it, in AWS's words; `log_streams`
writes that into CloudWatch Logs, if the role may.
"""
