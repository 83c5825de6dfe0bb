"""Which team a topic belongs to."""

from bot.company import Company


def team_for(company: Company, topic: str | None) -> str:
    """The team that okienko.yml gives the topic to; the default team for all others and where there is no topic."""
    if topic is None:
        return company.default_team
    owners = (name for name, team in company.teams.items() if topic in team.topics)
    return next(owners, company.default_team)
