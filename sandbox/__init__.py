"""AWS on this machine, for the services of this stack: no account, no Docker, nothing outside 127.0.0.1.

Architecture: one detached process. `process` starts, finds and ends it from outside; `server` is its inside: one
port, on which `app` sends each request where it belongs. The control plane is moto's, completed where moto drops what
AWS keeps (`api_gateway`, `lambda_`), and made to refuse what AWS refuses (`refusals`, by service; `wire` has the
words of each protocol). Functions run for real (`runtime`: AWS's own client in subprocesses), and call AWS with what
the policies of their roles allow (`permissions`). The invoke URL is answered from what was deployed (`gateway`).
`pace` says how long things take, `quotas` how often a call may be made. State is in memory and ends with the process.
`stack` never imports this room: to it, the sandbox is just another endpoint.
"""
