"""Lambda's control plane where moto's is too simple: functions that have states and revisions, and their policies.

`refusals.lambda_` is the operations. What they and the runtime work on is here: functions in `states`, resource
policies in `policies`, execution roles in `roles`, what a function is called in `names`. `answers` puts it all on the
wire.
"""
