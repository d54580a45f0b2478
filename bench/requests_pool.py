"""Sends each line of a file as one assert, with a pool of threads and the
requests library: what a script of an afternoon looks like.

    CRMSYNC_BASE_URL=... CRMSYNC_TOKEN=... python3 bench/requests_pool.py bodies.ndjson 32
"""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import requests

url = os.environ["CRMSYNC_BASE_URL"] + "/crm/products?matchingAttribute=sku"
headers = {
    "Authorization": "Bearer " + os.environ["CRMSYNC_TOKEN"],
    "Content-Type": "application/json",
    "Accept": "application/json",
}
local = threading.local()


def send(body):
    if not hasattr(local, "session"):
        local.session = requests.Session()
    answer = local.session.put(url, data=body, headers=headers, timeout=30)
    answer.raise_for_status()


with open(sys.argv[1], "rb") as bodies, ThreadPoolExecutor(int(sys.argv[2])) as pool:
    for _ in pool.map(send, (line.rstrip(b"\n") for line in bodies)):
        pass
