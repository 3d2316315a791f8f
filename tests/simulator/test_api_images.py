"""Screenshots of runs behind signed links."""

from __future__ import annotations

import io
from typing import Any

import httpx
from PIL import Image

from cyberdesk_nb.simulator import Simulator


def seen(api: httpx.Client, *, other_than: str = "") -> tuple[str, list[str]]:
    """Give an ended run and the references of its pictures."""
    for run in api.get("/v1/runs", params={"status": "success", "limit": 5}).json()["items"]:
        blocks = [block for message in run["run_message_history"] for block in message["content"]]
        references = [block["image_url"] for block in blocks if block["type"] == "image" and block.get("image_url")]
        if references and run["id"] != other_than:
            return run["id"], references
    raise AssertionError("no run with pictures")


def sign(api: httpx.Client, run_id: str, reference: str, **more: Any) -> httpx.Response:
    """Ask for a link."""
    return api.get(f"/v1/runs/{run_id}/image/signed-url", params={"image_url": reference, **more})


def test_a_link_opens_a_picture_without_the_key(api: httpx.Client) -> None:
    """Each reference of a history can be signed; the link serves a 1024x768 PNG with no key, and they differ."""
    run_id, references = seen(api)
    pictures = []
    for reference in (references[0], references[-1]):
        signed = sign(api, run_id, reference)
        assert signed.status_code == 200
        assert (signed.json()["supabase_url"], signed.json()["expires_in"]) == (reference, 3600)
        picture = httpx.get(signed.json()["signed_url"])
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
        assert Image.open(io.BytesIO(picture.content)).size == (1024, 768)
        pictures.append(picture.content)
    assert pictures[0] != pictures[1]


def test_only_pictures_of_the_run_are_signed(api: httpx.Client) -> None:
    """A reference of another run, or one that is made up, is not found."""
    run_id, references = seen(api)
    _, others = seen(api, other_than=run_id)
    for wrong in (others[0], references[0].replace(".png", ".jpg"), "supabase://run-images/x", "/etc/passwd", ""):
        assert sign(api, run_id, wrong).status_code == 404, wrong


def test_a_changed_or_old_link_is_forbidden(sim: Simulator, api: httpx.Client) -> None:
    """A link opens one picture only, until its time; a changed or an expired one gives 403."""
    run_id, references = seen(api)
    url = sign(api, run_id, references[0]).json()["signed_url"]
    for changed in (url[:-1] + ("0" if url[-1] != "0" else "1"), url.replace("/0.png", "/1.png"), url + "0"):
        assert httpx.get(changed).status_code == 403, changed
    longer = httpx.URL(url).copy_merge_params({"expires": "99999999999"})
    assert httpx.get(longer).status_code == 403
    path = f"run-images/{run_id}/0.png"
    assert httpx.get(sim.links.sign(sim.url, path, 60)).status_code == 200
    expired = httpx.get(sim.links.sign(sim.url, path, -1))
    assert (expired.status_code, expired.json()["error_code"]) == (403, "link_expired")


def test_a_link_lives_ten_seconds_to_an_hour(api: httpx.Client) -> None:
    """`expires_in` is checked against its range."""
    run_id, references = seen(api)
    assert sign(api, run_id, references[0], expires_in=10).json()["expires_in"] == 10
    assert {sign(api, run_id, references[0], expires_in=wrong).status_code for wrong in (9, 3601)} == {422}
