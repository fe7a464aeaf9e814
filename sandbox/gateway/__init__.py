"""API Gateway's data plane: what becomes of a request to the invoke URL, from what was deployed.

`gateway` is the way of a request. It is given its method (`routing`) and becomes a `call`; whether it may be there is
looked into (`authorization`, `usage`, `throttling`), and whether it is right (`validation`). The method's `integration`
answers it: what is sent (`integration_request`, `invoke_permission`) and what comes back (`integration_response`,
`proxy`, with its `headers`). `templates` are VTL, over the variables of `context` and the values of `velocity`. What is
refused on the way is answered as the API's gateway `responses` say. `trial` is TestInvokeMethod.
"""
