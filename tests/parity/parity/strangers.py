"""What is on the server beside the application, and has nothing to do with it: it must never be touched."""


def name(number):
    return f"belay-parity-{number}-stranger"


def come(engine, number, image):
    leave(engine, number)
    host = {"Binds": [f"{name(number)}-data:/of-stranger"], "RestartPolicy": {"Name": "always"}}
    body = {"Image": image, "Cmd": ["stay", "stranger"], "HostConfig": host}
    engine.ask("POST", "/containers/create", body, name=name(number))
    engine.ask("POST", f"/containers/{name(number)}/start")


def leave(engine, number):
    engine.remove_container(name(number))
    engine.remove_volume(f"{name(number)}-data")
