"""What every service stands on: words and Protocols, no driver, no business noun.

A thing belongs here when two services need it and it has no opinion on the business. What runs
behind a Protocol lives in `suuupra.platform`; services never see it.
"""
