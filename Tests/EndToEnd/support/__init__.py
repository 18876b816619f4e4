"""What the end-to-end tests share: a daemon of their own, clients that check every answer, images made to order."""
