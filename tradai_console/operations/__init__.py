"""What an operator may change: each change is planned, shown, confirmed, journalled and read again."""
