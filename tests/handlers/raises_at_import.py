print("about to fail")
raise RuntimeError("no table configured")
