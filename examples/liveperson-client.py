"""Reads an account's metrics as clients of the original API do: looks up the domain, then asks with a signed request."""
import sys
import requests
from requests_oauthlib import OAuth1

gateway, account, consumer_key, consumer_secret, token, token_secret = sys.argv[1:]
lookup = requests.get(f"{gateway}/api/account/{account}/service/leDataReporting/baseURI.json?version=1.0").json()
scheme = gateway.split("://")[0]
url = f"{scheme}://{lookup['baseURI']}/operations/api/account/{account}/msgagentsegments"
auth = OAuth1(consumer_key, consumer_secret, token, token_secret)
print(requests.get(url, params={"v": 1, "timeframe": 60, "agentIds": "4501,4502"}, auth=auth).text)
